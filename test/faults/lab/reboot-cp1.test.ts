/** Fault: the first control plane loses power while kubeadm init runs. */
import { describe, it } from 'vitest'
import { expectEachUnitOnce } from '../../support/expect-cluster.js'
import { BOOTSTRAP_UNITS } from '../../support/bootstrap-units.js'
import { crashAndBoot } from './support/faults.js'
import { expectRepeatedAfterReset } from './support/ran.js'
import { bareHosts, fleet } from './support/scene.js'
import { applyThrough, scenario } from './support/scenario.js'

scenario(bareHosts)

describe('a first control plane that reboots during kubeadm init', () => {
  it('is initialised again on the same host, and there is one cluster', async () => {
    await applyThrough({
      at: { host: 'cp1', unit: 'kubeadm-init', at: '[kubelet-start] Starting' },
      fault: () => crashAndBoot(fleet, 'cp1'),
    })
    await expectRepeatedAfterReset('cp1', 'kubeadm-init')
    const others = Object.entries(BOOTSTRAP_UNITS).filter(([host]) => host !== 'cp1')
    await expectEachUnitOnce(fleet, Object.fromEntries(others))
  })
})
