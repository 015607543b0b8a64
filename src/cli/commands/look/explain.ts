/** `quorate explain`: what an error code means, or a field of the cluster file, and what to do about it. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { FieldWords } from '../../../cluster-file/field-words.js'
import { ERRORS, QuorateError, type ErrorCode } from '../../../errors/index.js'
import type { ChangedBy } from '../../../planning/drift/field-rules.js'
import { plainLine } from '../../../values/plain-text.js'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith, type ExitCode } from '../../exit.js'
import { wrap } from '../../output/wrap.js'

const EXAMPLES = `
Examples:
  $ quorate explain HOST_LOCKED
  $ quorate explain spec.network.backend
  $ quorate explain podSubnet
`

/** What becomes of an edit of the field once the cluster runs. */
const LATER: Readonly<Record<ChangedBy, string>> = {
  apply: '`quorate apply` changes it',
  'new-hosts': 'it holds for hosts that join from then on',
  'not-yet': '`quorate plan` tells the difference; nothing applies it yet',
  upgrade: 'only `quorate upgrade` changes it',
  remove: 'a node cannot change it: `quorate remove` the host, then add it again',
  never: 'never: only a new cluster can have another value',
  free: 'at any time: it is about the way to the hosts, or for other commands',
}

export function explainCommand(): CommandUnknownOpts {
  const command = new Command('explain')
    .description('Explains an error code, or a field of the cluster file by its path or its name.')
    .addHelpText('after', EXAMPLES)
    .argument('<word>', 'an error code, or a field')
  command.action((word) => exitWith(explain(contextOf(command), word)))
  return command
}

async function explain(context: Context, word: string): Promise<ExitCode> {
  const code = word.toUpperCase()
  if (Object.hasOwn(ERRORS, code)) tellCode(context, code as ErrorCode)
  else await tellFields(context, word)
  return EXIT.done
}

function tellCode({ io, json }: Context, code: ErrorCode): void {
  const { meaning, hint, remedy, source } = ERRORS[code]
  if (json) {
    io.json({ type: 'error-code', code, meaning, hint, remedy, source })
    return
  }
  const retried =
    remedy === 'retry'
      ? 'Quorate waits and tries again by itself; if the error stays, the step is parked.'
      : 'It is not tried again: the step is parked at once, until you decide (`quorate resume`).'
  io.out(io.style.bold(code))
  for (const paragraph of [meaning, retried])
    wrap(paragraph, io.size().columns).forEach((line) => io.out(line))
  io.out(`${io.style.cyan('→')} ${hint}`)
}

async function tellFields({ io, json }: Context, word: string): Promise<void> {
  const [{ fieldAt }, { pathsOfField }, { ruleOf }] = await Promise.all([
    import('../../../cluster-file/field-words.js'),
    import('../../../cluster-file/known-fields.js'),
    import('../../../planning/drift/field-rules.js'),
  ])
  const found = [word, `spec.${word}`, ...pathsOfField(word)].flatMap((path) => fieldAt(path) ?? [])
  const fields = found.filter(({ path }, index) => found.findIndex((one) => one.path === path) === index)
  if (fields.length === 0) throw await unknown(word)
  if (json) {
    fields.forEach((field) => io.json({ type: 'field', field, later: ruleOf(field.path)?.changedBy }))
    return
  }
  fields.forEach((field, index) => {
    if (index > 0) io.out('')
    tellField(io, field, ruleOf(field.path)?.changedBy)
  })
}

function tellField(io: Context['io'], field: FieldWords, later: ChangedBy | undefined): void {
  const { style } = io
  io.out(`${style.bold(field.path)}  ${style.dim(field.type)}`)
  wrap(field.description, io.size().columns).forEach((line) => io.out(line))
  const facts: readonly (readonly [string, string])[] = [
    ['default', field.isNeeded ? 'none: it is needed' : field.default],
    ['example', field.example],
    ['fields', field.fields.join(', ')],
    ['later', later === undefined || field.fields.length > 0 ? '' : LATER[later]],
  ]
  for (const [name, text] of facts) if (text !== '') io.out(`  ${style.dim(name.padEnd(8))}${text}`)
}

async function unknown(word: string): Promise<QuorateError> {
  const [{ nearest }, { allFieldNames }] = await Promise.all([
    import('../../../cluster-file/nearest.js'),
    import('../../../cluster-file/known-fields.js'),
  ])
  const near = nearest(word.split('.').at(-1) ?? '', [...allFieldNames(), ...Object.keys(ERRORS)])
  const hint =
    near === undefined
      ? '`quorate schema` prints every field; docs/errors.md has every code'
      : `did you mean ${near}?`
  return new QuorateError('USAGE', `there is no error code and no field ${plainLine(word)}`, { hint })
}
