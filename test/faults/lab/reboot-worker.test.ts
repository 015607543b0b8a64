/** Fault: a worker node is rebooted cleanly while it joins, so systemd ends the join. */
import { describe, it } from 'vitest'
import { reboot } from './support/faults.js'
import { expectRepeatedAfterReset } from './support/ran.js'
import { clusterWithout, fleet } from './support/scene.js'
import { applyThrough, scenario } from './support/scenario.js'

scenario(() => clusterWithout('w1'))

describe('a worker node that reboots during its join', () => {
  it('joins again', async () => {
    await applyThrough({
      at: { host: 'w1', unit: 'kubeadm-join', at: '[preflight]' },
      hold: true,
      fault: () => reboot(fleet, 'w1'),
    })
    await expectRepeatedAfterReset('w1', 'kubeadm-join')
  })
})
