/** How long faults last: the only time that lab tests wait for by the clock. */
import { setTimeout as delay } from 'node:timers/promises'

/** Lets a fault last. */
export async function seconds(count: number): Promise<void> {
  await delay(count * 1000)
}
