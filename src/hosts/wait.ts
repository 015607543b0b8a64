/** Waiting for a condition: no fixed sleeps, always with a sign of life. */
import { setTimeout as delay } from 'node:timers/promises'
import { isQuorateError, type QuorateError } from '../errors/index.js'
import type { HostContext } from './context.js'

export interface PollOptions {
  /** Milliseconds after which to give up. */
  readonly timeoutMs: number
  /** Minimum milliseconds between two looks; 500 by default. A look that takes long is repeated less often. */
  readonly intervalMs?: number
}

/**
 * Calls `look` again and again until it returns undefined (the condition holds), and reports each new reason why it
 * does not hold. An error of `look` that time can fix (the API is briefly away, a connection is lost) is a reason like
 * any other.
 * @throws what `giveUp` makes of the last reason when the time is up.
 */
export async function waitUntil(
  context: Pick<HostContext, 'signal' | 'report'>,
  look: () => Promise<string | undefined>,
  giveUp: (lastReason: string) => QuorateError,
  options: PollOptions,
): Promise<void> {
  const deadline = Date.now() + options.timeoutMs
  let reported = ''
  for (;;) {
    const begun = Date.now()
    const reason = await look().catch(passingReason)
    const took = Date.now() - begun
    if (reason === undefined) return
    context.signal.throwIfAborted()
    if (reason !== reported) {
      reported = reason
      context.report(reason)
    }
    if (Date.now() >= deadline) throw giveUp(reason)
    await delay(Math.max(options.intervalMs ?? 500, took), undefined, { signal: context.signal })
  }
}

function passingReason(error: unknown): string {
  if (isQuorateError(error) && error.remedy === 'retry') return error.message
  throw error
}
