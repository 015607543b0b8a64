import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { OperationKind } from '../../../src/operations/registry.js'
import type { DefragmentResult, SnapshotResult } from '../../../src/operations/results.js'
import { aCluster } from '../../support/clusters.js'
import { failing, failureOf, fakeActivities, hopeless, startScripted } from '../../support/fake-activities.js'
import { memberStatusesOf } from '../../support/member-statuses.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { scriptedWorker, startTemporal, type ScriptedActivities } from '../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

const obey = fakeActivities().activities
const WITH_ARCHIVES: Cluster = {
  ...aCluster(),
  snapshots: {
    keep: { count: 7 },
    encryptTo: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'],
    copies: [{ kind: 'folder', folder: '/srv/backups' }],
  },
}

async function running<Result>(
  kind: OperationKind,
  cluster: Cluster,
  act: (run: WorkflowHandle) => Promise<Result>,
  replace: ScriptedActivities = {},
): Promise<{ readonly journal: readonly string[]; readonly outcome: Result }> {
  const { journal, activities } = fakeActivities()
  const facts = joinedFacts(cluster)
  const gatherFacts = (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name))
  const readStanding = () => Promise.resolve(present(standingOf(cluster)))
  const worker = await scriptedWorker(temporal, { ...activities, gatherFacts, readStanding, ...replace })
  const request = kind === 'snapshot' ? { clusterFile: 'kind: Cluster\n', mayBeBehind: false } : {}
  const outcome = await worker.runUntil(async () =>
    act(await startScripted(temporal, kind, cluster, { request })),
  )
  return { journal, outcome }
}

const ends = (journal: readonly string[]) =>
  journal.filter((entry) => entry.endsWith(' ends')).map((entry) => entry.slice(0, -' ends'.length))
const at = (journal: readonly string[], entry: string) => {
  expect(ends(journal)).toContain(entry)
  return ends(journal).indexOf(entry)
}

describe('a snapshot', () => {
  const result = (run: WorkflowHandle) => run.result() as Promise<SnapshotResult>

  it('is kept on every host and in every place before anything older goes', async () => {
    const { journal, outcome } = await running('snapshot', WITH_ARCHIVES, result)
    const kept = ['copy cp2 to cp1', 'copy cp2 to cp3', 'archive cp2 in /srv/backups']
    const pruned = ['retention on cp1', 'retention on cp2', 'retention on cp3', 'retention in /srv/backups']
    const lastKept = Math.max(...kept.map((entry) => at(journal, entry)))
    for (const entry of pruned) expect(at(journal, entry)).toBeGreaterThan(lastKept)
    expect(at(journal, 'snapshot cp2')).toBeLessThan(Math.min(...kept.map((entry) => at(journal, entry))))
    expect(outcome).toMatchObject({
      hosts: ['cp2', 'cp1', 'cp3'],
      archives: ['/srv/backups'],
      removed: 4,
      warnings: [],
    })
  })

  it('locks the control planes, and no worker', async () => {
    const { journal } = await running('snapshot', aCluster(), result)
    const locked = ends(journal).filter((entry) => entry.startsWith('lock '))
    expect(locked.toSorted()).toEqual(['lock cp1', 'lock cp2', 'lock cp3'])
    expect(ends(journal).filter((entry) => entry.startsWith('release '))).toHaveLength(3)
  })

  it('is done if one host cannot keep it, which keeps its older ones', async () => {
    const keepSnapshot = failing(obey.keepSnapshot, 'cp3')
    const { journal, outcome } = await running('snapshot', aCluster(), result, { keepSnapshot })
    expect(outcome.hosts).toEqual(['cp2', 'cp1'])
    expect(outcome.warnings).toEqual(expect.arrayContaining(['cp3 keeps no copy of the snapshot']))
    expect(ends(journal)).not.toContain('retention on cp3')
  })

  it('fails if no other host can keep it, and removes nothing', async () => {
    const keepSnapshot = () => Promise.reject(hopeless('DISK_FULL', 'the disk is full', 'cp1'))
    const { journal, outcome } = await running('snapshot', aCluster(), (run) => failureOf(run.result()), {
      keepSnapshot,
    })
    expect(outcome.type).toBe('SNAPSHOT_NOT_COPIED')
    expect(ends(journal).some((entry) => entry.startsWith('retention'))).toBe(false)
  })
})

describe('a defragmentation', () => {
  const result = (run: WorkflowHandle) => run.result() as Promise<DefragmentResult>

  it('comes to one member at a time, the leader last', async () => {
    const lookAtMember = (_: Cluster, { name }: Host) => {
      const [one] = memberStatusesOf('cp1', 'cp2', 'cp3').filter(({ host }) => host === name)
      return Promise.resolve({ ...one, bytes: 600 * 2 ** 20, bytesInUse: 2 ** 20 })
    }
    const { journal, outcome } = await running('defragment', aCluster(), result, { lookAtMember })
    expect(journal.filter((entry) => entry.startsWith('defragment '))).toEqual(
      ['cp2', 'cp3', 'cp1'].flatMap((host) => [`defragment ${host} begins`, `defragment ${host} ends`]),
    )
    expect(outcome.members.map(({ host }) => host)).toEqual(['cp2', 'cp3', 'cp1'])
  })

  it('does nothing where it pays for no member', async () => {
    const { journal, outcome } = await running('defragment', aCluster(), result)
    expect(outcome.members).toEqual([])
    expect(ends(journal).some((entry) => entry.startsWith('defragment'))).toBe(false)
  })
})
