/** Fault: the run stands still during a join until its token has expired. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectWholeCluster } from '../../support/expect-cluster.js'
import { reach, reachAndFreeze, thaw } from './support/point.js'
import { expectRepeatedAfterReset } from './support/ran.js'
import { clusterFileWith, clusterWithout, fleet, leave } from './support/scene.js'

beforeAll(() => clusterWithout('w1'))
afterAll(leave)

/** What is left of a token after its lifetime, which the cluster's own collector takes away then. */
async function expireTokens(): Promise<void> {
  const selector = '--field-selector=type=bootstrap.kubernetes.io/token'
  await fleet.kubectl('-n', 'kube-system', 'delete', 'secret', selector)
}

describe('a token that has expired when the run continues', () => {
  it('is replaced with a new one for the next attempt', async () => {
    // kubeadm asks for five minutes whether its token is known; here it gives up sooner.
    const file = clusterFileWith({ joinConfiguration: { timeouts: { discovery: '15s' } } })
    const apply = fleet.startQuorate('apply', '-f', file, '--detach')
    await reachAndFreeze(fleet, { host: 'w1', unit: 'kubeadm-join', at: 'start' })
    await apply.ended
    fleet.signal('worker', 'SIGKILL')
    fleet.signal('server', 'SIGKILL')
    await expireTokens()
    await thaw(fleet, 'w1')
    await reach(fleet, { host: 'w1', unit: 'kubeadm-join', at: 'end' })

    const { exitCode, stdout, stderr } = await fleet.quorate('attach', fleet.name)
    expect(exitCode, stdout + stderr).toBe(0)
    await expectWholeCluster(fleet)
    await expectRepeatedAfterReset('w1', 'kubeadm-join')
  })
})
