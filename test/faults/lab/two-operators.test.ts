/** Fault: two people apply the same cluster file at the same time, on one Temporal server and on two. */
import { beforeAll, describe, expect, it } from 'vitest'
import { Fleet } from '../../support/fleet.js'
import { expectWholeCluster } from '../../support/expect-cluster.js'
import { reachAndFreeze, thaw } from './support/point.js'
import { expectOnly } from './support/ran.js'
import { clusterWithout, fleet } from './support/scene.js'
import { expectWhole, scenario } from './support/scenario.js'

/** The same hosts, used by somebody with another engine. */
const stranger = new Fleet('faults', 'other-engine')

scenario(
  () => clusterWithout('w1', 'w2'),
  () => stranger.quorate('engine', 'stop'),
)

describe('two operators at the same time', () => {
  it('on one Temporal server: the second learns what runs and changes nothing', async () => {
    const first = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await reachAndFreeze(fleet, { host: 'w1', unit: 'kubeadm-join', at: '[kubelet-start] Starting' })
    const second = await fleet.apply()
    expect(second.exitCode, second.stdout + second.stderr).toBe(1)
    expect(second.stderr).toMatch(/OPERATION_RUNNING/)
    expect(second.stderr).toMatch(/quorate attach/)

    await thaw(fleet, 'w1')
    await expectWhole(first.ended)
    await expectOnly({ w1: ['kubeadm-join'], w2: ['kubeadm-join'] })
  })

  describe('on two Temporal servers', () => {
    beforeAll(async () => {
      await clusterWithout('w1', 'w2')
      // The start of a new engine takes longer than the whole apply of the other.
      const started = await stranger.quorate('engine', 'start')
      expect(started.exitCode, started.stderr).toBe(0)
    })

    it('exactly one runs; the other learns who holds the hosts and changes nothing', async () => {
      const [ours, theirs] = await Promise.all([fleet.apply(), stranger.apply()])
      const ended = [ours, theirs]
      const report = ended.map(({ stdout, stderr }) => stdout + stderr).join('\n\n')
      expect(ended.map(({ exitCode }) => exitCode).sort(), report).toEqual([0, 1])
      const loser = ended.find(({ exitCode }) => exitCode === 1)
      expect(`${loser?.stdout ?? ''}${loser?.stderr ?? ''}`).toMatch(/HOST_LOCKED/)
      await expectWholeCluster(fleet)
      await expectOnly({ w1: ['kubeadm-join'], w2: ['kubeadm-join'] })
    })
  })
})
