/** Waiting for a condition: no fixed sleeps, always with a sign of life. */
import { setTimeout as delay } from 'node:timers/promises'
import { isQuorateError, type QuorateError } from '../errors/index.js'
import type { HostContext } from './context.js'

export interface PollOptions {
  /** Milliseconds until it is given up. */
  readonly timeoutMs: number
  /** Least milliseconds between two looks; 500 unless given. A look that takes long is repeated less often. */
  readonly intervalMs?: number
}

/**
 * Looks again and again until `look` gives undefined (it holds), and reports each new reason why it does not. An
 * error of `look` that time can fix (the API is briefly away, a connection is lost) is a reason like any other.
 * @throws what `giveUp` makes of the last reason when time is over.
 */
export async function waitUntil(
  step: Pick<HostContext, 'signal' | 'report'>,
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
    step.signal.throwIfAborted()
    if (reason !== reported) {
      reported = reason
      step.report(reason)
    }
    if (Date.now() >= deadline) throw giveUp(reason)
    await delay(Math.max(options.intervalMs ?? 500, took), undefined, { signal: step.signal })
  }
}

function passingReason(error: unknown): string {
  if (isQuorateError(error) && error.remedy === 'retry') return error.message
  throw error
}
