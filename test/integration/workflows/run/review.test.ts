/** The plan that waits for approval, and what becomes of it. */
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import { applyScripted, decide, untilBlocked, type ApplyScripted } from '../parked-applies.js'
import { aCluster, bareFacts } from '../../../support/clusters.js'
import { failureOf, fakeActivities, progressOf } from '../../../support/fake-activities.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'
import { startTemporal } from '../../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

/** {@link applyScripted} on this file's server. */
const apply: ApplyScripted = (...args) => applyScripted(temporal, ...args)

/** Hosts are held while the plan waits, and given back. */
const isChange = (entry: string) => !/^(?:lock|release) /.test(entry)

describe('a plan under review', () => {
  it('is shown and waits for approval before anything is changed', async () => {
    const hosts = fakeActivities()
    await apply(
      hosts,
      {},
      async (handle) => {
        const progress = await untilBlocked(handle)
        expect(progress.blockedOn).toBe('approval')
        expect(progress.approval).toContainEqual({
          host: 'cp1',
          phase: 'First control plane',
          action: 'kubeadm init',
        })
        expect(hosts.journal.filter(isChange)).toEqual([])
        expect(await decide(handle, 'approve', {})).toEqual({ steps: ['plan'] })
        await handle.result()
      },
      { review: true },
    )
    expect(hosts.journal).toContain('init cp1 ends')
  })

  it('is recomputed and shown again if hosts have changed since it was shown', async () => {
    const hosts = fakeActivities()
    let isChanged = false
    const gatherFacts = (_cluster: Cluster, { name }: Host) =>
      Promise.resolve(bareFacts(name, isChanged && name === 'w1' ? { swapOn: true } : {}))
    await apply(
      hosts,
      { gatherFacts },
      async (handle) => {
        const shown = (await untilBlocked(handle)).approval
        expect(shown).not.toContainEqual(expect.objectContaining({ action: 'turn swap off, now' }))
        isChanged = true
        await decide(handle, 'approve', {})
        await expect
          .poll(async () => (await progressOf(handle)).warnings, { timeout: 20_000 })
          .toContain('hosts or cluster have changed since the plan was shown, so it was made again')
        const again = await untilBlocked(handle)
        expect(again.approval).not.toEqual(shown)
        expect(hosts.journal.filter(isChange)).toEqual([])
        await decide(handle, 'approve', {})
        await handle.result()
      },
      { review: true },
    )
    expect(hosts.journal).toContain('init cp1 ends')
  })

  it('can be rejected', async () => {
    const hosts = fakeActivities()
    const failure = await apply(
      hosts,
      {},
      async (handle) => {
        await untilBlocked(handle)
        await decide(handle, 'abort', {})
        return failureOf(handle.result())
      },
      { review: true },
    )
    expect(failure.type).toBe('OPERATION_ABORTED')
    expect(hosts.journal.filter(isChange)).toEqual([])
  })
})

describe('a plan that resets a control plane', () => {
  it('waits for approval though no review was asked for, and is carried out then', async () => {
    const hosts = fakeActivities()
    const cluster = aCluster()
    const facts = new Map(joinedFacts(cluster).map((one) => [one.host, one]))
    const standing = standingOf(cluster)
    const members = standing.members?.filter(({ name }) => name !== 'cp3') ?? []
    const replaced = {
      gatherFacts: (_cluster: Cluster, { name }: Host) => Promise.resolve(facts.get(name) ?? bareFacts(name)),
      readStanding: () => Promise.resolve(present({ ...standing, members })),
    }
    await apply(hosts, replaced, async (handle) => {
      const { blockedOn, approval } = await untilBlocked(handle)
      expect(blockedOn).toBe('approval')
      expect(approval).toContainEqual(
        expect.objectContaining({
          host: 'cp3',
          action: expect.stringMatching(/^kubeadm reset, then/) as string,
        }),
      )
      expect(hosts.journal.filter(isChange)).toEqual([])
      await decide(handle, 'approve', {})
      await handle.result()
    })
    expect(hosts.journal).toContain('join cp3 ends')
  })
})
