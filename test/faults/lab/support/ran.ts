/** What must have run on the hosts after a fault. */
import { expect } from 'vitest'
import { expectEachUnitOnce, journal } from '../../../support/expect-cluster.js'
import { fleet, HOSTS } from './scene.js'

/**
 * Each named unit ran once, and nothing else did: for faults that hit Quorate and not the command. Hosts that are not
 * named ran nothing.
 */
export async function expectOnly(expected: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const nothing = Object.fromEntries(HOSTS.map((host) => [host, []]))
  await expectEachUnitOnce(fleet, { ...nothing, ...expected })
}

/**
 * The fault killed the command itself, so repeating it is right: failed runs, each undone before the next, then
 * exactly one success, and nothing after it.
 */
export async function expectRepeatedAfterReset(host: string, unit: string): Promise<void> {
  const ran = await journal(fleet, host)
  const runs = ran.filter((run) => run.startsWith(`${unit}.`))
  expect(runs.length, `${host} ran ${ran.join(', ')}`).toBeGreaterThanOrEqual(2)
  expectConverged(host, unit, ran)
}

/** Like {@link expectRepeatedAfterReset}, but the command may also have succeeded in its first run. */
export async function expectOneSuccess(host: string, unit: string): Promise<void> {
  expectConverged(host, unit, await journal(fleet, host))
}

function expectConverged(host: string, unit: string, ran: readonly string[]): void {
  const what = `${host} ran ${ran.join(', ')}`
  const succeeded = ran.filter((run) => run.startsWith(`${unit}.`) && run.endsWith('→ 0'))
  expect(succeeded, what).toHaveLength(1)
  expect(ran.at(-1), what).toBe(succeeded[0])
}
