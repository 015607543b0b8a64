/** Fault: containerd is stopped on a joining host. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectWholeCluster } from '../../support/expect-cluster.js'
import { reach } from './support/point.js'
import { expectOneSuccess } from './support/ran.js'
import { clusterWithout, fleet, leave } from './support/scene.js'
import { seconds } from './support/time.js'

beforeAll(() => clusterWithout('w1'))
afterAll(leave)

describe('a stopped containerd on a joining host', () => {
  it('is waited for until it returns', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await reach(fleet, { host: 'w1', unit: 'kubeadm-join', at: '[kubelet-start] Starting' })
    await fleet.on('w1', 'systemctl stop containerd')
    await seconds(30)
    await fleet.on('w1', 'systemctl start containerd')

    const { exitCode, stdout, stderr } = await apply.ended
    expect(exitCode, stdout + stderr).toBe(0)
    await expectWholeCluster(fleet)
    await expectOneSuccess('w1', 'kubeadm-join')
  })
})
