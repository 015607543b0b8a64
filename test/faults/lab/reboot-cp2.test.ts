/** Fault: the power of a control plane fails while it joins, when etcd knows its member already. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectWholeCluster, journal } from '../../support/expect-cluster.js'
import { crashAndBoot } from './support/faults.js'
import { reach } from './support/point.js'
import { expectRepeatedAfterReset } from './support/ran.js'
import { clusterWithout, fleet, leave } from './support/scene.js'

beforeAll(() => clusterWithout('cp2'))
afterAll(leave)

describe('a control plane that reboots during its join', () => {
  it('joins again and has one etcd member', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await reach(fleet, { host: 'cp2', unit: 'kubeadm-join', at: '[etcd]' })
    await crashAndBoot(fleet, 'cp2')

    const { exitCode, stdout, stderr } = await apply.ended
    expect(exitCode, stdout + stderr).toBe(0)
    await expectWholeCluster(fleet)
    await expectRepeatedAfterReset('cp2', 'kubeadm-join')
    for (const host of ['cp1', 'cp3', 'w1', 'w2']) expect(await journal(fleet, host), host).toEqual([])
  })
})
