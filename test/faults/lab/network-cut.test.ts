/** Fault: the network cable of a joining control plane is pulled for half a minute, SSH included. */
import { describe, it } from 'vitest'
import { cutNetwork, restoreNetwork } from './support/faults.js'
import { expectOneSuccess } from './support/ran.js'
import { clusterWithout, fleet } from './support/scene.js'
import { applyThrough, scenario } from './support/scenario.js'
import { seconds } from './support/time.js'

scenario(() => clusterWithout('cp3'))

describe('a joining host without network for 30 s', () => {
  it('reconnects and becomes a member', async () => {
    await applyThrough({
      at: { host: 'cp3', unit: 'kubeadm-join', at: '[kubelet-start] Starting' },
      fault: async () => {
        await cutNetwork(fleet, 'cp3')
        await seconds(30)
        await restoreNetwork(fleet, 'cp3')
      },
    })
    // kubeadm itself may give up on etcd or the API; then joining again is right.
    await expectOneSuccess('cp3', 'kubeadm-join')
  })
})
