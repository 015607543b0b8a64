import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import type { RestoreRequest } from '../../../src/operations/restore/request.js'
import type { RestoreResult } from '../../../src/operations/results.js'
import { aCluster } from '../../support/clusters.js'
import { eventually } from '../../support/eventually.js'
import {
  failing,
  failureOf,
  fakeActivities,
  hopeless,
  progressOf,
  startScripted,
} from '../../support/fake-activities.js'
import { lacking, restoreLookAt } from '../../support/restore-looks.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { scriptedWorker, startTemporal, type ScriptedActivities } from '../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const SNAPSHOT: RestoreRequest = {
  from: { kind: 'snapshot' },
  dead: [],
  mayBeOfOtherEtcd: false,
  withoutSaving: false,
  confirmed: 'prod',
}
const obey = fakeActivities().activities

/** Restores the etcd of a cluster that runs, and gives what `act` makes of the run. */
async function restoring<Result>(
  replace: ScriptedActivities,
  act: (run: WorkflowHandle, journal: readonly string[]) => Promise<Result>,
  request = SNAPSHOT,
): Promise<{ readonly journal: readonly string[]; readonly outcome: Result }> {
  const cluster = aCluster()
  const { journal, activities } = fakeActivities()
  const facts = joinedFacts(cluster)
  const gatherFacts = (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name))
  const readStanding = () => Promise.resolve(present(standingOf(cluster)))
  const worker = await scriptedWorker(temporal, { ...activities, gatherFacts, readStanding, ...replace })
  const outcome = await worker.runUntil(async () => {
    const run = await startScripted(temporal, 'restore', cluster, { request, review: false })
    return act(run, journal)
  })
  return { journal, outcome }
}

const result = (run: WorkflowHandle) => run.result() as Promise<RestoreResult>
const failure = (run: WorkflowHandle) => failureOf(run.result())
const parked = (run: WorkflowHandle) =>
  eventually(async () => (await progressOf(run)).blocked.length > 0, 'a step is parked')
const abort = async (run: WorkflowHandle) => {
  await parked(run)
  await run.executeUpdate(MESSAGES.abort, { args: [{}] })
  return failure(run)
}

const begun = (journal: readonly string[], verb: string) =>
  journal
    .filter((entry) => entry.startsWith(`${verb} `) && entry.endsWith(' begins'))
    .map((entry) => entry.slice(verb.length + 1, -' begins'.length))
    .toSorted()

/** Every `first` has ended before any `then` begins. */
function expectBarrier(journal: readonly string[], first: string, then: string): void {
  const ended = journal.findLastIndex((entry) => entry.startsWith(`${first} `) && entry.endsWith(' ends'))
  const started = journal.findIndex((entry) => entry.startsWith(`${then} `) && entry.endsWith(' begins'))
  expect(ended, `${first} → ${then}`).toBeGreaterThanOrEqual(0)
  expect(started, `${first} → ${then}`).toBeGreaterThan(ended)
}

describe('a restore', () => {
  it('takes each step on all hosts before it takes the next on any', async () => {
    const { journal, outcome } = await restoring({}, result)
    const steps = [
      'snapshot',
      'data beside on',
      'aside',
      'etcd',
      'accept on',
      'back',
      'refresh',
      'verify',
      'conclude',
    ]
    for (const [index, step] of steps.slice(0, -1).entries())
      expectBarrier(journal, step, steps[index + 1] ?? '')
    expect(outcome).toMatchObject({ revision: 1_000_001_000, changed: true, dead: [] })
    expect(outcome.members.map(({ host }) => host)).toEqual(CONTROL_PLANES)
    expect(begun(journal, 'old data on')).toEqual([])
  })

  it('refreshes one node after the other', async () => {
    const { journal } = await restoring({}, result)
    const refreshed = journal.filter((entry) => entry.startsWith('refresh '))
    refreshed.forEach((entry, index) =>
      expect(entry.endsWith(index % 2 === 0 ? 'begins' : 'ends')).toBe(true),
    )
    expect(refreshed).toHaveLength(2 * 5)
  })

  it('releases the hosts last', async () => {
    const { journal } = await restoring({}, result)
    expectBarrier(journal, 'conclude', 'release')
  })

  it('copies the snapshot to hosts that lack it', async () => {
    const lookForRestore = (_: Cluster, { name }: Host) =>
      Promise.resolve(restoreLookAt(name, name === 'cp3' ? { snapshots: [] } : {}))
    const { journal } = await restoring({ lookForRestore }, result)
    expect(begun(journal, 'copy')).toEqual(['cp1 to cp3'])
  })
})

describe('before anything is stopped', () => {
  it.each<[string, ScriptedActivities, string]>([
    ['a damaged snapshot', { readSnapshot: () => Promise.resolve('damaged') }, 'SNAPSHOT_DAMAGED'],
    [
      'a snapshot that only says that it is sound, on a host that does not answer',
      { readSnapshot: () => Promise.reject(hopeless('SSH_UNREACHABLE', 'gone', 'cp1')) },
      'SNAPSHOT_DAMAGED',
    ],
    [
      'the snapshot of another etcd',
      {
        lookForRestore: (_: Cluster, { name }: Host) => {
          const look = restoreLookAt(name)
          return Promise.resolve({
            ...look,
            snapshots: look.snapshots.map((one) => ({ ...one, clusterId: '5' })),
          })
        },
      },
      'SNAPSHOT_FOREIGN',
    ],
  ])('%s is refused', async (_, replace, code) => {
    const { journal, outcome } = await restoring(replace, failure)
    expect(JSON.stringify(outcome.details)).toContain(code)
    expect(begun(journal, 'aside')).toEqual([])
    expect(begun(journal, 'old data on')).toEqual([])
  })

  it('a restore without the name of the cluster is refused', async () => {
    const { journal, outcome } = await restoring({}, failure, { ...SNAPSHOT, confirmed: 'test' })
    expect(outcome.type).toBe('RESTORE_REFUSED')
    expect(journal).toEqual([])
  })

  it('an abort leaves control planes running', async () => {
    const { journal } = await restoring({ restoreData: failing(obey.restoreData, 'cp2', 9) }, abort)
    expect(begun(journal, 'aside')).toEqual([])
    expect(begun(journal, 'old data on')).toEqual(CONTROL_PLANES)
    expect(begun(journal, 'back')).toEqual([])
  })
})

describe('until API servers start', () => {
  it.each<[string, ScriptedActivities]>([
    ['stop', { setControlPlaneAside: failing(obey.setControlPlaneAside, 'cp2', 9) }],
    ['start etcd', { startRestoredMember: failing(obey.startRestoredMember, 'cp2', 9) }],
  ])('an abort goes back on every host: %s', async (_, replace) => {
    const { journal, outcome } = await restoring(replace, abort)
    expect(outcome.type).toBe('OPERATION_ABORTED')
    expect(begun(journal, 'old data on')).toEqual(CONTROL_PLANES)
    expect(begun(journal, 'back')).toEqual(CONTROL_PLANES)
    expectBarrier(journal, 'old data on', 'back')
    expectBarrier(journal, 'conclude', 'release')
    expect(begun(journal, 'accept on')).toEqual([])
  })

  it('a cancel goes back, too', async () => {
    const { journal } = await restoring(
      { startRestoredMember: failing(obey.startRestoredMember, 'cp2', 9) },
      async (run) => {
        await parked(run)
        await run.cancel()
        await run.result().catch(() => undefined)
      },
    )
    expect(begun(journal, 'back')).toEqual(CONTROL_PLANES)
  })

  it('members that do not agree which etcd they are never get an API server', async () => {
    const startRestoredMember = async (cluster: Cluster, host: Host) => {
      const started = await obey.startRestoredMember(cluster, host)
      return host.name === 'cp3' ? { ...started, clusterId: '1' } : started
    }
    const { journal, outcome } = await restoring({ startRestoredMember }, failure)
    expect(outcome.type).toBe('RESTORE_FAILED')
    expect(begun(journal, 'accept on')).toEqual([])
    expect(begun(journal, 'old data on')).toEqual(CONTROL_PLANES)
  })
})

describe('once API servers start', () => {
  it('there is only the way forward', async () => {
    const { journal } = await restoring(
      { bringControlPlaneBack: failing(obey.bringControlPlaneBack, 'cp2', 9) },
      abort,
    )
    expect(begun(journal, 'old data on')).toEqual([])
  })

  it('a control plane may be left out as long as the others are a majority', async () => {
    const { journal, outcome } = await restoring(
      { bringControlPlaneBack: failing(obey.bringControlPlaneBack, 'cp1', 9) },
      async (run) => {
        await parked(run)
        await run.executeUpdate(MESSAGES.skipStep, {
          args: [{ step: 'start-api-servers/cp1', reason: 'its disk is broken' }],
        })
        return result(run)
      },
    )
    expect(outcome.members.map(({ host }) => host)).toEqual(['cp2', 'cp3'])
    expect(begun(journal, 'refresh')).not.toContain('cp1')
  })
})

describe('a recovery', () => {
  it('takes a snapshot of the survivor, and restores it there alone', async () => {
    const dead = ['cp2', 'cp3']
    const cluster = aCluster()
    const facts = joinedFacts(cluster)
    const gatherFacts = (_: Cluster, { name }: Host) =>
      dead.includes(name)
        ? Promise.reject(hopeless('SSH_UNREACHABLE', 'no answer', name))
        : Promise.resolve(facts.find(({ host }) => host === name))
    const { journal, outcome } = await restoring(
      {
        gatherFacts,
        readStanding: () =>
          Promise.resolve({ kind: 'unreadable', host: 'cp1', reason: 'connection refused' }),
        lookForRestore: (_: Cluster, { name }: Host) =>
          Promise.resolve(lacking(restoreLookAt(name), 'members')),
      },
      result,
      { ...SNAPSHOT, from: { kind: 'survivor' }, dead },
    )
    expect(begun(journal, 'snapshot')).toEqual(['cp1'])
    expect(begun(journal, 'aside')).toEqual(['cp1'])
    expect(begun(journal, 'delete')).toEqual(dead)
    expect(outcome.dead).toEqual(dead)
  })
})
