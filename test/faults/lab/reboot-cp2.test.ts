/** Fault: a control plane loses power while it joins, when etcd already knows its member. */
import { describe, expect, it } from 'vitest'
import { journal } from '../../support/expect-cluster.js'
import { crashAndBoot } from './support/faults.js'
import { expectRepeatedAfterReset } from './support/ran.js'
import { clusterWithout, fleet } from './support/scene.js'
import { applyThrough, scenario } from './support/scenario.js'

scenario(() => clusterWithout('cp2'))

describe('a control plane that reboots during its join', () => {
  it('joins again and has one etcd member', async () => {
    await applyThrough({
      at: { host: 'cp2', unit: 'kubeadm-join', at: '[etcd]' },
      fault: () => crashAndBoot(fleet, 'cp2'),
    })
    await expectRepeatedAfterReset('cp2', 'kubeadm-join')
    for (const host of ['cp1', 'cp3', 'w1', 'w2']) expect(await journal(fleet, host), host).toEqual([])
  })
})
