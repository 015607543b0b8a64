/** Fault: the power of the first control plane fails while kubeadm init runs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectEachUnitOnce, expectWholeCluster } from '../../support/expect-cluster.js'
import { BOOTSTRAP_UNITS } from '../../support/bootstrap-units.js'
import { crashAndBoot } from './support/faults.js'
import { reach } from './support/point.js'
import { expectRepeatedAfterReset } from './support/ran.js'
import { bareHosts, fleet, leave } from './support/scene.js'

beforeAll(bareHosts)
afterAll(leave)

describe('a first control plane that reboots during kubeadm init', () => {
  it('is initialised again on the same host, and there is one cluster', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await reach(fleet, { host: 'cp1', unit: 'kubeadm-init', at: '[kubelet-start] Starting' })
    await crashAndBoot(fleet, 'cp1')

    const { exitCode, stdout, stderr } = await apply.ended
    expect(exitCode, stdout + stderr).toBe(0)
    await expectWholeCluster(fleet)
    await expectRepeatedAfterReset('cp1', 'kubeadm-init')
    const others = Object.entries(BOOTSTRAP_UNITS).filter(([host]) => host !== 'cp1')
    await expectEachUnitOnce(fleet, Object.fromEntries(others))
  })
})
