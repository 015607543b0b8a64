import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fleet } from '../support/fleet.js'
import { expectEachUnitOnce, expectWholeCluster } from '../support/oracle.js'
import { BOOTSTRAP_UNITS } from '../support/units.js'

const fleet = new Fleet('e2e')

beforeAll(async () => {
  await fleet.up()
})
afterAll(async () => {
  await fleet.down()
})

/** Waits until a unit of this step runs on the host. */
async function unitRuns(host: string, step: string): Promise<void> {
  const look = () => fleet.on(host, `systemctl list-units --plain --no-legend 'quorate-*-${step}-*' || true`)
  await expect.poll(look, { timeout: 300_000, interval: 100 }).toMatch(/active/)
}

describe('a worker that is killed', () => {
  it('during kubeadm init and again during a join loses nothing and repeats nothing', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)

    await unitRuns('cp1', 'kubeadm-init')
    fleet.killWorker()
    await fleet.quorate('engine', 'start')

    await unitRuns('cp2', 'kubeadm-join')
    fleet.killWorker()
    await fleet.quorate('engine', 'start')

    const { exitCode, stdout, stderr } = await apply.ended
    expect(exitCode, stdout + stderr).toBe(0)
    await expectWholeCluster(fleet)
    await expectEachUnitOnce(fleet, BOOTSTRAP_UNITS)
  })
})
