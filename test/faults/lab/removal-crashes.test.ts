/** Faults: a control plane is removed while worker and server die, and the host loses power in the middle of its reset. */
import { describe, expect, it } from 'vitest'
import { etcdVoters, readyNodes } from '../../support/expect-cluster.js'
import { crashAndBoot } from './support/faults.js'
import { reach, reachAndFreeze, thaw } from './support/point.js'
import { fleet, NODES, standingCluster } from './support/scene.js'
import { scenario } from './support/scenario.js'

scenario(standingCluster)

describe('the removal of a control plane in which everything dies once', () => {
  it('ends by itself: the member is gone, and the host forgets its cluster', async () => {
    const removal = fleet.startQuorate('remove', 'cp3', '--yes', '-f', fleet.clusterFile)
    const struck = async () => {
      await reachAndFreeze(fleet, { host: 'cp3', unit: 'kubeadm-reset', at: 'start' })
      for (const part of ['worker', 'server'] as const) fleet.signal(part, 'SIGKILL')
      await thaw(fleet, 'cp3')
      await reach(fleet, { host: 'cp3', unit: 'kubeadm-reset', at: 'Stopping the kubelet service' })
      await crashAndBoot(fleet, 'cp3')
    }
    const early = removal.ended.then(({ stdout, stderr }) => {
      throw new Error(`it ended before the last fault\n${stdout}\n${stderr}`)
    })
    await Promise.race([struck(), early])
    const { exitCode, stdout, stderr } = await removal.ended
    expect(exitCode, stdout + stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(NODES.filter((name) => name !== 'cp3'))
    expect(await etcdVoters(fleet)).toEqual(['cp1', 'cp2'])
    const left = 'ls -d /etc/kubernetes/admin.conf /var/lib/etcd/member 2>/dev/null || true'
    expect((await fleet.on('cp3', left)).trim()).toBe('')
  })

  it('can be taken back: an apply joins the host as a new member', async () => {
    const applied = await fleet.apply()
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    expect(await etcdVoters(fleet)).toEqual(['cp1', 'cp2', 'cp3'])
  })
})
