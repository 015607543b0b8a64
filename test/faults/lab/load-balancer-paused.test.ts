/** Fault: the load balancer's host stands still for a minute while a control plane joins through it. */
import { describe, it } from 'vitest'
import { freezeHost, thawHost } from './support/faults.js'
import { expectOneSuccess } from './support/ran.js'
import { clusterWithout, fleet } from './support/scene.js'
import { applyThrough, scenario } from './support/scenario.js'
import { seconds } from './support/time.js'

scenario(() => clusterWithout('cp3'))

describe('a load balancer that hangs for 60 s during a join', () => {
  it('only delays the join', async () => {
    await applyThrough({
      at: { host: 'cp3', unit: 'kubeadm-join', at: 'start' },
      fault: async () => {
        await freezeHost(fleet, 'lb1')
        await seconds(60)
        await thawHost(fleet, 'lb1')
      },
    })
    // kubeadm itself may give up on the API after a minute; then joining again is right.
    await expectOneSuccess('cp3', 'kubeadm-join')
  })
})
