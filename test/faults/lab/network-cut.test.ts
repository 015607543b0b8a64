/** Fault: the network cable of a joining control plane is pulled for half a minute, SSH included. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectWholeCluster } from '../../support/expect-cluster.js'
import { cutNetwork, restoreNetwork } from './support/faults.js'
import { reach } from './support/point.js'
import { expectOneSuccess } from './support/ran.js'
import { clusterWithout, fleet, leave } from './support/scene.js'
import { seconds } from './support/time.js'

beforeAll(() => clusterWithout('cp3'))
afterAll(leave)

describe('a joining host without network for 30 s', () => {
  it('reconnects and becomes a member', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await reach(fleet, { host: 'cp3', unit: 'kubeadm-join', at: '[kubelet-start] Starting' })
    await cutNetwork(fleet, 'cp3')
    await seconds(30)
    await restoreNetwork(fleet, 'cp3')

    const { exitCode, stdout, stderr } = await apply.ended
    expect(exitCode, stdout + stderr).toBe(0)
    await expectWholeCluster(fleet)
    // kubeadm itself may give up on etcd or the API: then it is right to join again.
    await expectOneSuccess('cp3', 'kubeadm-join')
  })
})
