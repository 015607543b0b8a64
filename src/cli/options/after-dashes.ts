/** The words of a command line before and after `--`, which commander does not tell apart. */
import { QuorateError } from '../../errors/index.js'

interface Split {
  /** The first of the words before `--`, e.g. the name of a cluster. */
  readonly first: string | undefined
  readonly after: readonly string[]
}

/**
 * @param words the arguments as commander gives them.
 * @throws QuorateError `USAGE` for more than one word before `--`, and for none after it.
 */
export function splitAtDashes(words: readonly string[], argv: readonly string[], usage: string): Split {
  const dashes = argv.indexOf('--')
  const count = dashes < 0 ? 0 : argv.length - dashes - 1
  const before = words.slice(0, words.length - count)
  const after = words.slice(words.length - count)
  if (before.length > 1 || after.length === 0)
    throw new QuorateError('USAGE', 'the command belongs after --', { hint: `e.g. \`${usage}\`` })
  return { first: before[0], after }
}
