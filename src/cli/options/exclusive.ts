/** Options that make no sense together. */
import { QuorateError } from '../../errors/index.js'

/** Two options, by their names in the parsed options, and why a command takes only one of them. */
export type Exclusive<Options> = readonly [one: keyof Options, other: keyof Options, why: string]

/** The pairs of every command that shows a plan with `--plan` instead of starting an operation. */
const PLAN_EXCLUDES = [
  ['plan', 'yes', '--plan changes nothing, so there is nothing to say yes to'],
  ['plan', 'review', '--plan changes nothing, so there is nothing to review'],
  ['plan', 'attach', '--plan looks at the hosts by itself, so it cannot attach to an operation'],
  ['plan', 'detach', '--plan shows its result, so it cannot be detached'],
] as const

/**
 * Refuses two options that exclude each other, before anything is looked at.
 * @throws QuorateError USAGE
 */
export function refuseTogether<Options extends object>(
  options: Options,
  pairs: readonly Exclusive<Options>[],
): void {
  const isGiven = (name: PropertyKey) => name in options && options[name as keyof Options] === true
  const found = [...PLAN_EXCLUDES, ...pairs].find(([one, other]) => isGiven(one) && isGiven(other))
  if (found !== undefined) throw new QuorateError('USAGE', found[2])
}
