/** Fault: containerd is stopped on a joining host. */
import { describe, it } from 'vitest'
import { expectOneSuccess } from './support/ran.js'
import { clusterWithout, fleet } from './support/scene.js'
import { applyThrough, scenario } from './support/scenario.js'
import { seconds } from './support/time.js'

scenario(() => clusterWithout('w1'))

describe('a stopped containerd on a joining host', () => {
  it('is waited for until it returns', async () => {
    await applyThrough({
      at: { host: 'w1', unit: 'kubeadm-join', at: '[kubelet-start] Starting' },
      fault: async () => {
        await fleet.on('w1', 'systemctl stop containerd')
        await seconds(30)
        await fleet.on('w1', 'systemctl start containerd')
      },
    })
    await expectOneSuccess('w1', 'kubeadm-join')
  })
})
