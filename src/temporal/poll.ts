/** Polls for a condition. */
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Asks until the answer is something other than undefined.
 * @returns that answer, or undefined when `timeoutMs` passed without one.
 */
export async function poll<Answer>(
  ask: () => Promise<Answer | undefined> | Answer | undefined,
  { everyMs, timeoutMs }: { everyMs: number; timeoutMs: number },
): Promise<Answer | undefined> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() + everyMs > deadline) return undefined
    await delay(everyMs)
  }
}
