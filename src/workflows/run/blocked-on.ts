/** What an operation waits for, in a few words: its search attribute has room for 255 bytes. */
import { count } from '../../values/words.js'

/**
 * A Keyword is a VARCHAR(255) in the databases behind Temporal. The server itself accepts more and then fails there.
 */
export const BLOCKED_ON_BYTES = 255

/** Names the steps by ID, and whatever else is waited for, all in ASCII. Sums steps up by phase if that is too long. */
export function summariseBlockedOn(steps: readonly string[], others: readonly string[] = []): string {
  const phases = new Map<string, number>()
  for (const step of steps) {
    const phase = step.slice(0, step.lastIndexOf('/'))
    phases.set(phase, (phases.get(phase) ?? 0) + 1)
  }
  const candidates = [
    steps,
    [...phases].map(([phase, hosts]) => `${phase}: ${count(hosts, 'host')}`),
    [count(steps.length, 'step')],
  ].map((words) => [...words, ...others].join(', '))
  return candidates.find((words) => words.length <= BLOCKED_ON_BYTES) ?? count(steps.length, 'step')
}
