/** Fault: a worker node is rebooted in order while it joins: systemd ends the join. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectWholeCluster } from '../../support/expect-cluster.js'
import { reboot } from './support/faults.js'
import { reachAndFreeze } from './support/point.js'
import { expectRepeatedAfterReset } from './support/ran.js'
import { clusterWithout, fleet, leave } from './support/scene.js'

beforeAll(() => clusterWithout('w1'))
afterAll(leave)

describe('a worker node that reboots during its join', () => {
  it('joins again', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await reachAndFreeze(fleet, { host: 'w1', unit: 'kubeadm-join', at: '[preflight]' })
    await reboot(fleet, 'w1')

    const { exitCode, stdout, stderr } = await apply.ended
    expect(exitCode, stdout + stderr).toBe(0)
    await expectWholeCluster(fleet)
    await expectRepeatedAfterReset('w1', 'kubeadm-join')
  })
})
