/** Fault: the load balancer's host stands still for a minute while a control plane joins through it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectWholeCluster } from '../../support/expect-cluster.js'
import { freezeHost, thawHost } from './support/faults.js'
import { reach } from './support/point.js'
import { expectOneSuccess } from './support/ran.js'
import { clusterWithout, fleet, leave } from './support/scene.js'
import { seconds } from './support/time.js'

beforeAll(() => clusterWithout('cp3'))
afterAll(leave)

describe('a load balancer that hangs for 60 s during a join', () => {
  it('only delays the join', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await reach(fleet, { host: 'cp3', unit: 'kubeadm-join', at: 'start' })
    await freezeHost(fleet, 'lb1')
    await seconds(60)
    await thawHost(fleet, 'lb1')

    const { exitCode, stdout, stderr } = await apply.ended
    expect(exitCode, stdout + stderr).toBe(0)
    await expectWholeCluster(fleet)
    // kubeadm itself may give up on the API after a minute: then it is right to join again.
    await expectOneSuccess('cp3', 'kubeadm-join')
  })
})
