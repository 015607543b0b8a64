/** The plan that waits for approval, and what becomes of it. */
import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import { aCluster, bareFacts } from '../../../support/clusters.js'
import { decide, failure, progressOf, untilState } from '../../../support/conversation.js'
import { fakeActivities } from '../../../support/fake-activities.js'
import { finishedCluster } from '../../../support/finished-cluster.js'
import { present, standingOf } from '../../../support/standings.js'
import { TemporalScene } from '../../../support/temporal-scene.js'
import { begun } from '../journal.js'

const temporal = TemporalScene.forFile()

describe('a plan under review', () => {
  it('is shown and waits for approval before anything is changed', async () => {
    const hosts = fakeActivities()
    await temporal.run('apply', { hosts, review: true }, async (run) => {
      const progress = await untilState(run, 'blocked')
      expect(progress.blockedOn).toBe('approval')
      expect(progress.approval).toContainEqual({
        host: 'cp1',
        phase: 'First control plane',
        action: 'kubeadm init',
      })
      expect(begun(hosts.journal)).toEqual([])
      expect(await decide(run, 'approve')).toEqual({ steps: ['plan'] })
      await run.result()
    })
    expect(hosts.journal).toContain('init cp1 ends')
  })

  it('is recomputed and shown again if hosts have changed since it was shown', async () => {
    const hosts = fakeActivities()
    let isChanged = false
    const gatherFacts = (_cluster: Cluster, { name }: Host) =>
      Promise.resolve(bareFacts(name, isChanged && name === 'w1' ? { swapOn: true } : {}))
    await temporal.run('apply', { hosts, activities: { gatherFacts }, review: true }, async (run) => {
      const shown = (await untilState(run, 'blocked')).approval
      expect(shown).not.toContainEqual(expect.objectContaining({ action: 'turn swap off, now' }))
      isChanged = true
      await decide(run, 'approve')
      await expect
        .poll(async () => (await progressOf(run)).warnings, { timeout: 20_000 })
        .toContain('hosts or cluster have changed since the plan was shown, so it was made again')
      const again = await untilState(run, 'blocked')
      expect(again.approval).not.toEqual(shown)
      expect(begun(hosts.journal)).toEqual([])
      await decide(run, 'approve')
      await run.result()
    })
    expect(hosts.journal).toContain('init cp1 ends')
  })

  it('can be rejected', async () => {
    const hosts = fakeActivities()
    const { outcome } = await temporal.run('apply', { hosts, review: true }, async (run) => {
      await untilState(run, 'blocked')
      await decide(run, 'abort')
      return failure(run)
    })
    expect(outcome.type).toBe('OPERATION_ABORTED')
    expect(begun(hosts.journal)).toEqual([])
  })
})

describe('a plan that resets a control plane', () => {
  it('waits for approval though no review was asked for, and is carried out then', async () => {
    const hosts = fakeActivities()
    const cluster = aCluster()
    const standing = standingOf(cluster)
    const members = standing.members?.filter(({ name }) => name !== 'cp3') ?? []
    const activities = finishedCluster(cluster, { presence: present({ ...standing, members }) })
    await temporal.run('apply', { hosts, activities }, async (run) => {
      const { blockedOn, approval } = await untilState(run, 'blocked')
      expect(blockedOn).toBe('approval')
      expect(approval).toContainEqual(
        expect.objectContaining({
          host: 'cp3',
          action: expect.stringMatching(/^kubeadm reset, then/) as string,
        }),
      )
      expect(begun(hosts.journal)).toEqual([])
      await decide(run, 'approve')
      await run.result()
    })
    expect(hosts.journal).toContain('join cp3 ends')
  })
})
