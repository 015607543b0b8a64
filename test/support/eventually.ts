/** Waiting in tests for something to become true. */
import { setTimeout as delay } from 'node:timers/promises'

/** Undefined if it holds; otherwise what is known about why it does not. */
async function attempt(holds: () => boolean | Promise<boolean>): Promise<string | undefined> {
  try {
    return (await holds()) ? undefined : ''
  } catch (error) {
    return `: ${String(error)}`
  }
}

/** Polls until it holds. An error counts as not yet. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const failure = await attempt(holds)
    if (failure === undefined) return
    if (Date.now() > deadline) throw new Error(`without success: ${what}${failure}`)
    await delay(100)
  }
}
