/** Faults that last: the only thing that tests in the lab wait for by the clock. */
import { setTimeout as delay } from 'node:timers/promises'

/** Lets a fault last for so long. */
export async function seconds(count: number): Promise<void> {
  await delay(count * 1000)
}
