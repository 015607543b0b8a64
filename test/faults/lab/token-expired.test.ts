/** Fault: the run stalls during a join until its token has expired. */
import { describe, it } from 'vitest'
import { reach, reachAndFreeze, thaw } from './support/point.js'
import { expectRepeatedAfterReset } from './support/ran.js'
import { clusterFileWith, clusterWithout, fleet } from './support/scene.js'
import { expectWhole, scenario } from './support/scenario.js'

scenario(() => clusterWithout('w1'))

/** Does what the cluster's own token cleaner does once a token's lifetime is over. */
async function expireTokens(): Promise<void> {
  const selector = '--field-selector=type=bootstrap.kubernetes.io/token'
  await fleet.kubectl('-n', 'kube-system', 'delete', 'secret', selector)
}

describe('a token that has expired when the run continues', () => {
  it('is replaced with a new one for the next attempt', async () => {
    // kubeadm keeps asking about its token for five minutes; here it gives up sooner.
    const file = clusterFileWith({ joinConfiguration: { timeouts: { discovery: '15s' } } })
    const apply = fleet.startQuorate('apply', '-f', file, '--detach')
    await reachAndFreeze(fleet, { host: 'w1', unit: 'kubeadm-join', at: 'start' })
    await apply.ended
    fleet.signal('worker', 'SIGKILL')
    fleet.signal('server', 'SIGKILL')
    await expireTokens()
    await thaw(fleet, 'w1')
    await reach(fleet, { host: 'w1', unit: 'kubeadm-join', at: 'end' })

    await expectWhole(fleet.quorate('attach', fleet.name))
    await expectRepeatedAfterReset('w1', 'kubeadm-join')
  })
})
