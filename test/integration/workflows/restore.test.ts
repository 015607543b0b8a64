import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { RestoreRequest } from '../../../src/operations/restore/request.js'
import type { ClusterPresence } from '../../../src/facts/standing.js'
import { aCluster } from '../../support/clusters.js'
import { decide, failure, result, untilState } from '../../support/conversation.js'
import { failing, fakeActivities, hopeless } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { lacking, restoreLookAt } from '../../support/restore-looks.js'
import { TemporalScene, type Follow, type Run } from '../../support/temporal-scene.js'
import type { ScriptedActivities } from '../../support/temporal.js'
import { begunOn, expectOrder } from './journal.js'

const temporal = TemporalScene.forFile()

const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const SNAPSHOT: RestoreRequest = {
  from: { kind: 'snapshot' },
  dead: [],
  mayBeOfOtherEtcd: false,
  withoutSaving: false,
  confirmed: 'prod',
}
const UNREADABLE: ClusterPresence = { kind: 'unreadable', host: 'cp1', reason: 'connection refused' }
const obey = fakeActivities().activities

/** Restores the etcd of a finished cluster. */
function restoring<Outcome>(
  activities: ScriptedActivities,
  follow: Follow<'restore', Outcome>,
  request = SNAPSHOT,
) {
  const looks = finishedCluster(aCluster())
  return temporal.run('restore', { request, activities: { ...looks, ...activities } }, follow)
}

const abort = async (run: Run<'restore'>) => {
  await untilState(run, 'blocked')
  await decide(run, 'abort')
  return failure(run)
}
const sortedOn = (journal: readonly string[], verb: string) => begunOn(journal, verb).toSorted()

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
    expectOrder(journal, ...steps)
    expect(outcome).toMatchObject({ revision: 1_000_001_000, changed: true, dead: [] })
    expect(outcome.members.map(({ host }) => host)).toEqual(CONTROL_PLANES)
    expect(sortedOn(journal, 'old data on')).toEqual([])
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
    expectOrder(journal, 'conclude', 'release')
  })

  it('copies the snapshot to hosts that lack it', async () => {
    const lookForRestore = (_: Cluster, { name }: Host) =>
      Promise.resolve(restoreLookAt(name, name === 'cp3' ? { snapshots: [] } : {}))
    const { journal } = await restoring({ lookForRestore }, result)
    expect(sortedOn(journal, 'copy')).toEqual(['cp1 to cp3'])
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
    expect(sortedOn(journal, 'aside')).toEqual([])
    expect(sortedOn(journal, 'old data on')).toEqual([])
  })

  it('a restore without the name of the cluster is refused', async () => {
    const { journal, outcome } = await restoring({}, failure, { ...SNAPSHOT, confirmed: 'test' })
    expect(outcome.type).toBe('RESTORE_REFUSED')
    expect(journal).toEqual([])
  })

  it('an abort leaves control planes running', async () => {
    const { journal } = await restoring({ restoreData: failing(obey.restoreData, 'cp2', 9) }, abort)
    expect(sortedOn(journal, 'aside')).toEqual([])
    expect(sortedOn(journal, 'old data on')).toEqual(CONTROL_PLANES)
    expect(sortedOn(journal, 'back')).toEqual([])
  })
})

describe('until API servers start', () => {
  it.each<[string, ScriptedActivities]>([
    ['stop', { setControlPlaneAside: failing(obey.setControlPlaneAside, 'cp2', 9) }],
    ['start etcd', { startRestoredMember: failing(obey.startRestoredMember, 'cp2', 9) }],
  ])('an abort goes back on every host: %s', async (_, replace) => {
    const { journal, outcome } = await restoring(replace, abort)
    expect(outcome.type).toBe('OPERATION_ABORTED')
    expect(sortedOn(journal, 'old data on')).toEqual(CONTROL_PLANES)
    expect(sortedOn(journal, 'back')).toEqual(CONTROL_PLANES)
    expectOrder(journal, 'old data on', 'back')
    expectOrder(journal, 'conclude', 'release')
    expect(sortedOn(journal, 'accept on')).toEqual([])
  })

  it('a cancel goes back, too', async () => {
    const { journal } = await restoring(
      { startRestoredMember: failing(obey.startRestoredMember, 'cp2', 9) },
      async (run) => {
        await untilState(run, 'blocked')
        await run.cancel()
        await run.result().catch(() => undefined)
      },
    )
    expect(sortedOn(journal, 'back')).toEqual(CONTROL_PLANES)
  })

  it('members that do not agree which etcd they are never get an API server', async () => {
    const startRestoredMember = async (cluster: Cluster, host: Host) => {
      const started = await obey.startRestoredMember(cluster, host)
      return host.name === 'cp3' ? { ...started, clusterId: '1' } : started
    }
    const { journal, outcome } = await restoring({ startRestoredMember }, failure)
    expect(outcome.type).toBe('RESTORE_FAILED')
    expect(sortedOn(journal, 'accept on')).toEqual([])
    expect(sortedOn(journal, 'old data on')).toEqual(CONTROL_PLANES)
  })
})

describe('once API servers start', () => {
  it('there is only the way forward', async () => {
    const { journal } = await restoring(
      { bringControlPlaneBack: failing(obey.bringControlPlaneBack, 'cp2', 9) },
      abort,
    )
    expect(sortedOn(journal, 'old data on')).toEqual([])
  })

  it('a control plane may be left out as long as the others are a majority', async () => {
    const { journal, outcome } = await restoring(
      { bringControlPlaneBack: failing(obey.bringControlPlaneBack, 'cp1', 9) },
      async (run) => {
        await untilState(run, 'blocked')
        await decide(run, 'skipStep', { step: 'start-api-servers/cp1', reason: 'its disk is broken' })
        return result(run)
      },
    )
    expect(outcome.members.map(({ host }) => host)).toEqual(['cp2', 'cp3'])
    expect(sortedOn(journal, 'refresh')).not.toContain('cp1')
  })
})

describe('a recovery', () => {
  it('takes a snapshot of the survivor, and restores it there alone', async () => {
    const dead = ['cp2', 'cp3']
    const { journal, outcome } = await restoring(
      {
        ...finishedCluster(aCluster(), { presence: UNREADABLE, away: new Set(dead) }),
        lookForRestore: (_: Cluster, { name }: Host) =>
          Promise.resolve(lacking(restoreLookAt(name), 'members')),
      },
      result,
      { ...SNAPSHOT, from: { kind: 'survivor' }, dead },
    )
    expect(sortedOn(journal, 'snapshot')).toEqual(['cp1'])
    expect(sortedOn(journal, 'aside')).toEqual(['cp1'])
    expect(sortedOn(journal, 'delete')).toEqual(dead)
    expect(outcome.dead).toEqual(dead)
  })
})
