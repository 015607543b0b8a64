import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { RebuildRequest } from '../../../src/operations/rebuild/request.js'
import { anArchivedCluster } from '../../support/archived-clusters.js'
import { aCluster, bareFacts } from '../../support/clusters.js'
import { decide, failure, result, untilState } from '../../support/conversation.js'
import { failing, fakeActivities, hopeless } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { TemporalScene, type Follow } from '../../support/temporal-scene.js'
import type { ScriptedActivities } from '../../support/temporal.js'
import { begun, expectOrder } from './journal.js'

const temporal = TemporalScene.forFile()

const REQUEST: RebuildRequest = {
  archive: '/backups/prod.tar.age',
  identity: '/keys/backup.txt',
  confirmed: 'prod',
}
const obey = fakeActivities().activities

const rebuilding = <Outcome>(
  activities: ScriptedActivities,
  follow: Follow<'rebuild', Outcome>,
  request = REQUEST,
) => temporal.run('rebuild', { request, activities }, follow)

describe('a rebuild', () => {
  it('unpacks the snapshot, initialises, makes room, and lets the others join', async () => {
    const { journal, outcome } = await rebuilding({}, result)
    expectOrder(journal, 'prepare cp1', 'unpack on cp1', 'init cp1', 'delete cp2', 'join cp2')
    expectOrder(journal, 'init cp1', 'delete cp3', 'join cp3')
    expect(outcome.restored).toEqual({
      name: anArchivedCluster().record.name,
      takenAt: '2026-11-27T18:51:25.000Z',
      revision: 1000,
    })
  })

  it('names every change beforehand', async () => {
    const { outcome } = await rebuilding({}, result)
    const surprises = outcome.warnings.filter((line) => line.includes('the plan had not named'))
    // The scripted hosts say of every step that it has changed something, of those that only look, too.
    const looks = /: (Lock hosts|Load balancer health|Verify) changed/
    expect(surprises.filter((line) => !looks.test(line))).toEqual([])
  })

  it('neither asks, locks nor changes workers', async () => {
    const asked: string[] = []
    const gatherFacts = (_: Cluster, { name }: Host) => {
      asked.push(name)
      return Promise.resolve(bareFacts(name))
    }
    const { journal } = await rebuilding({ gatherFacts }, result)
    expect(asked.filter((name) => name.startsWith('w'))).toEqual([])
    const touched = journal.filter((entry) => /\bw\d/.test(entry))
    expect(touched).toEqual([])
  })

  it('gives init the archive by its place, and no more', async () => {
    const given: unknown[] = []
    const initControlPlane = (cluster: Cluster, host: Host, isKnown?: boolean, seed?: unknown) => {
      given.push(isKnown, seed)
      return obey.initControlPlane(cluster, host)
    }
    await rebuilding({ initControlPlane }, result)
    const { archive, identity } = REQUEST
    expect(given).toEqual([false, { archive, identity, record: anArchivedCluster().record }])
  })

  it('goes on after a retry of what was parked', async () => {
    const { journal } = await rebuilding(
      { unpackSnapshot: failing(obey.unpackSnapshot, 'cp1') },
      async (run) => {
        await untilState(run, 'blocked')
        await decide(run, 'retryStep')
        return result(run)
      },
    )
    expect(journal.filter((entry) => entry === 'init cp1 begins')).toHaveLength(1)
  })
})

describe('a rebuild is refused, and changes nothing,', () => {
  it('without the name of the cluster', async () => {
    const { archive, identity } = REQUEST
    const { journal, outcome } = await rebuilding({}, failure, { archive, identity })
    expect(outcome.type).toBe('RESTORE_REFUSED')
    expect(journal).toEqual([])
  })

  it('while the cluster lives', async () => {
    const lookAtArchive = () => Promise.resolve(anArchivedCluster({ isServed: true }))
    const { journal, outcome } = await rebuilding({ lookAtArchive }, failure)
    expect(outcome.type).toBe('PREFLIGHT_FAILED')
    expect(begun(journal)).toEqual([])
  })

  it('where the archive cannot be opened', async () => {
    const lookAtArchive = () => Promise.reject(hopeless('ARCHIVE_UNREADABLE', 'no identity matched', 'cp1'))
    const { journal, outcome } = await rebuilding({ lookAtArchive }, failure)
    expect(outcome.type).toBe('ARCHIVE_UNREADABLE')
    expect(begun(journal)).toEqual([])
  })

  it('while a control plane does not answer', async () => {
    const { gatherFacts } = finishedCluster(aCluster(), { facts: [], away: new Set(['cp2']) })
    const { journal, outcome } = await rebuilding({ gatherFacts }, failure)
    expect(outcome.type).toBe('PREFLIGHT_FAILED')
    expect(begun(journal)).toEqual([])
  })
})
