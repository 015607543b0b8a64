/** Fault: a host's disk is full. No retry mends that: its step is parked until somebody has made space. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OperationProgress } from '../../src/cluster/operation.js'
import { expectWholeCluster } from '../support/oracle.js'
import { enlargeImageDisk, smallImageDisk } from './support/faults.js'
import { expectOneSuccess } from './support/ran.js'
import { clusterWithout, fleet, leave } from './support/scene.js'

const PARKED_WITHIN_MS = 300_000

beforeAll(async () => {
  await clusterWithout('w2')
  await smallImageDisk(fleet, 'w2')
})
// The disk is taken away with the next scenario's mending.
afterAll(leave)

async function blocked(): Promise<OperationProgress['blocked']> {
  const { stdout } = await fleet.quorate('status', fleet.name, '--json')
  const { progress } = JSON.parse(stdout) as { progress?: OperationProgress }
  return progress?.blocked ?? []
}

describe('a disk that is full', () => {
  it('parks the host with the cause; once there is space, resume --retry brings the run to its end', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await expect.poll(blocked, { interval: 1_000, timeout: PARKED_WITHIN_MS }).toHaveLength(1)
    const [parked] = await blocked()
    expect(parked?.host).toBe('w2')
    expect(parked?.error.code).toBe('IMAGES_FAILED')
    expect(parked?.error.output).toMatch(/no space left on device/)
    const status = await fleet.quorate('status', fleet.name)
    expect(status.exitCode, status.stdout + status.stderr).toBe(3)

    await enlargeImageDisk(fleet, 'w2')
    const resumed = await fleet.quorate('resume', fleet.name, '--retry')
    expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0)

    const { exitCode, stdout, stderr } = await apply.ended
    expect(exitCode, stdout + stderr).toBe(0)
    await expectWholeCluster(fleet)
    await expectOneSuccess('w2', 'kubeadm-join')
  })
})
