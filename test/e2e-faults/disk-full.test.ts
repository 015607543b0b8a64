/** Fault: a host's disk is full once preflight has seen space. Its step is parked until somebody has made space. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OperationProgress } from '../../src/operations/progress.js'
import { expectWholeCluster } from '../support/oracle.js'
import { enlargeImageDisk, fillImageDisk, imageDisk } from './support/faults.js'
import { reach } from './support/point.js'
import { expectOneSuccess } from './support/ran.js'
import { clusterWithout, fleet, leave, WAITING } from './support/scene.js'

beforeAll(async () => {
  await clusterWithout('w2')
  await imageDisk(fleet, 'w2')
})
// The disk is taken away with the next scenario's fixing.
afterAll(leave)

async function blockedSteps(): Promise<OperationProgress['blocked']> {
  const { stdout } = await fleet.quorate('status', fleet.name, '--json')
  const { progress } = JSON.parse(stdout) as { progress?: OperationProgress }
  return progress?.blocked ?? []
}

describe('a disk that is full', () => {
  it('parks the host with the cause; once there is space, resume --retry brings the run to its end', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await reach(fleet, { host: 'w2', unit: 'pull-images', at: 'start' })
    await fillImageDisk(fleet, 'w2')
    const parking = await apply.ended
    expect(parking.exitCode, parking.stdout + parking.stderr).toBe(WAITING)
    const blocked = await blockedSteps()
    expect(blocked.map(({ host, error }) => `${host}: ${error.code}`)).toEqual(['w2: DISK_FULL'])
    expect(blocked[0]?.error.output).toMatch(/no space left on device/i)
    const status = await fleet.quorate('status', fleet.name)
    expect(status.exitCode, status.stdout + status.stderr).toBe(WAITING)

    await enlargeImageDisk(fleet, 'w2')
    const resumed = await fleet.quorate('resume', fleet.name, '--retry')
    expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0)
    await expectWholeCluster(fleet)
    await expectOneSuccess('w2', 'kubeadm-join')
  })
})
