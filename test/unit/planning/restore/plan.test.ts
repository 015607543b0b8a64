import { describe, expect, it } from 'vitest'
import type { MemberStatus } from '../../../../src/facts/etcd-status.js'
import type { RestoreRequest } from '../../../../src/operations/restore/request.js'
import type { SnapshotRecord } from '../../../../src/operations/snapshot-record.js'
import { QuorateError } from '../../../../src/errors/index.js'
import { planRestore, type RestoreLearnt } from '../../../../src/planning/restore/plan.js'
import { defined } from '../../../../src/values/defined.js'
import { aCluster, aClusterWithEtcdHosts } from '../../../support/clusters.js'
import { aSnapshotRecord, withMember, memberStatusesOf } from '../../../support/member-statuses.js'
import { lacking, restoreLookAt } from '../../../support/restore-looks.js'
import { joinedFacts, standingOf } from '../../../support/standings.js'

const cluster = aCluster()
const NEWEST: RestoreRequest = {
  from: { kind: 'snapshot' },
  dead: [],
  mayBeOfOtherEtcd: false,
  withoutSaving: false,
}
const SURVIVOR: RestoreRequest = { ...NEWEST, from: { kind: 'survivor' } }
const all = ['cp1', 'cp2', 'cp3'].map((name) => restoreLookAt(name))
const record = aSnapshotRecord('cp2')

function plan(
  request: Partial<RestoreRequest> = {},
  more: Partial<RestoreLearnt> = {},
  file = cluster,
  facts = joinedFacts(file),
) {
  const presence = { kind: 'read' as const, standing: standingOf(file) }
  const learnt = { presence, unanswered: [], looks: all, sound: ['cp1', 'cp2', 'cp3'], ...more }
  return planRestore(file, facts, learnt, { ...NEWEST, ...request })
}

function codes(...args: Parameters<typeof plan>): readonly string[] {
  return plan(...args).problems.map(({ code }) => code)
}

const looksWith = (host: string, ...snapshots: readonly SnapshotRecord[]) =>
  all.map((look) => (look.host === host ? { ...look, snapshots } : { ...look, snapshots: [] }))

function statusOf(all: readonly MemberStatus[], name: string): { readonly status?: MemberStatus } {
  const status = all.find(({ host }) => host === name)
  return status === undefined ? {} : { status }
}

/** A host that does not answer over SSH. */
function away(...names: readonly string[]) {
  return {
    facts: joinedFacts(cluster).filter(({ host }) => !names.includes(host)),
    learnt: {
      unanswered: names.map((host) => new QuorateError('SSH_UNREACHABLE', 'no route', { host }).report()),
      looks: all.filter(({ host }) => !names.includes(host)).map((look) => lacking(look, 'members')),
    },
  }
}

describe('the plan of a restore', () => {
  it('restores beside the old data on every host before it stops any, and API servers come last', () => {
    const { changes, problems } = plan()
    expect(problems).toEqual([])
    const phases = changes.filter(({ host }) => host === 'cp1').map(({ phase }) => phase)
    expect(phases).toEqual([
      'Restored data',
      'Stop control planes',
      'Start etcd',
      'Start API servers',
      'Follow restored data',
    ])
    const last = changes.findLastIndex(({ phase }) => phase === 'Restored data')
    expect(changes.findIndex(({ phase }) => phase === 'Stop control planes')).toBeGreaterThan(last)
  })

  it('marks what takes the API away as disruptive', () => {
    const disruptive = plan().changes.filter((change) => change.disruptive === true)
    expect(new Set(disruptive.map(({ phase }) => phase))).toEqual(
      new Set(['Stop control planes', 'Start etcd']),
    )
  })

  it('saves the current state first, unless no member answers or the operator does without', () => {
    expect(plan().parts?.saver?.name).toBe('cp2')
    expect(plan({ withoutSaving: true }).parts?.saver).toBeUndefined()
    const stopped = all.map((look) => lacking(look, 'status', 'members'))
    const { parts, warnings } = plan({}, { looks: stopped })
    expect(parts?.saver).toBeUndefined()
    expect(warnings).toContainEqual(expect.stringContaining('no sound member answers'))
  })

  it('copies the snapshot to the hosts that lack it, or have another file of that name', () => {
    const { changes } = plan({}, { sound: ['cp2'] })
    const copied = changes.filter(({ phase }) => phase === 'Snapshot on each host').map(({ host }) => host)
    expect(copied).toEqual(['cp1', 'cp3'])
  })

  it('says what is lost, in revisions', () => {
    const later = withMember(memberStatusesOf('cp1', 'cp2', 'cp3'), 'cp1', { revision: 1234 })
    const looks = all.map((look) => ({ ...look, ...statusOf(later, look.host) }))
    expect(plan({}, { looks }).warnings[0]).toContain('revision 1000): 234 revisions')
  })

  it('takes the newest, and an older one only by its name', () => {
    const newer = {
      ...record,
      name: 'prod-20261128T000000Z-r2000-x',
      takenAt: '2026-11-28T00:00:00.000Z',
      revision: 2000,
    }
    const looks = looksWith('cp1', record, newer)
    const chosen = (request: Partial<RestoreRequest>) => {
      const source = plan(request, { looks, sound: ['cp1'] }).parts?.source
      return source?.kind === 'snapshot' ? source.record.name : undefined
    }
    expect(chosen({})).toBe(newer.name)
    const older = { from: { kind: 'snapshot', name: record.name } } as const
    expect(chosen(older)).toBe(record.name)
    expect(plan(older, { looks, sound: ['cp1'] }).warnings).toContainEqual(
      expect.stringContaining(newer.name),
    )
  })

  it('does not fall back to an older snapshot when the newest is damaged', () => {
    const newer = { ...record, name: 'prod-20261128T000000Z-r2000-x', takenAt: '2026-11-28T00:00:00.000Z' }
    expect(codes({}, { looks: looksWith('cp1', record, newer), sound: [] })).toEqual(['SNAPSHOT_DAMAGED'])
  })

  it('goes on where an earlier restore has stopped hosts', () => {
    const looks = all.map((look) => (look.host === 'cp2' ? { ...look, unfinished: '01938a3b-0000' } : look))
    const { parts, warnings } = plan({}, { looks })
    expect(parts?.isStopped).toBe(true)
    expect(warnings).toContainEqual(expect.stringContaining('01938a3b-0000'))
  })
})

describe('a restore is refused before anything is stopped', () => {
  it('without a snapshot, or one of the name', () => {
    expect(codes({}, { looks: looksWith('cp1') })).toEqual(['RESTORE_REFUSED'])
    expect(codes({ from: { kind: 'snapshot', name: 'other' } })).toEqual(['SNAPSHOT_UNKNOWN'])
  })

  it('of the newest if its state is older than that of another: a clock was wrong', () => {
    const future = { ...record, name: 'prod-20280101T000000Z-r900-x', takenAt: '2028-01-01T00:00:00.000Z' }
    const looks = looksWith('cp1', record, { ...future, revision: 900 })
    const [problem] = plan({}, { looks }).problems
    expect(problem).toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining(`${record.name} has a later state`) as string,
    })
    expect(codes({ from: { kind: 'snapshot', name: record.name } }, { looks })).toEqual([])
    expect(
      codes({}, { looks: looksWith('cp1', record, { ...future, clusterId: '42', revision: 900 }) }),
    ).toEqual(['SNAPSHOT_FOREIGN'])
  })

  it('if no host has the snapshot as it was written down', () => {
    expect(codes({}, { sound: [] })).toEqual(['SNAPSHOT_DAMAGED'])
  })

  it('for the snapshot of another cluster', () => {
    const foreign = { ...record, caHash: `sha256:${'0'.repeat(64)}` }
    expect(codes({}, { looks: looksWith('cp1', foreign) })).toEqual(['SNAPSHOT_FOREIGN'])
  })

  it('for the snapshot of another etcd, unless it is from before a restore', () => {
    const looks = looksWith('cp1', { ...record, clusterId: '42' })
    expect(codes({}, { looks })).toEqual(['SNAPSHOT_FOREIGN'])
    expect(codes({ mayBeOfOtherEtcd: true }, { looks })).toEqual([])
  })

  it('for the snapshot of another minor version of etcd', () => {
    const looks = looksWith('cp1', { ...record, etcdVersion: '3.7.0' })
    expect(codes({}, { looks })).toEqual(['SNAPSHOT_FOREIGN', 'SNAPSHOT_FOREIGN', 'SNAPSHOT_FOREIGN'])
  })

  it('if API servers could not read what is in it, because the key was changed since', () => {
    const refused = (before: string | undefined, now: string | undefined) => {
      const looks = looksWith('cp1', { ...record, ...defined({ encryption: before }) })
      return codes({}, { looks: looks.map((look) => ({ ...look, ...defined({ encryption: now }) })) })
    }
    const refusals = Array(3).fill('RESTORE_REFUSED')
    expect(refused('secrets=secretbox-1+identity', 'secrets=secretbox-2+identity')).toEqual(refusals)
    expect(refused('secrets=secretbox-1+identity', '')).toEqual(refusals)
    expect(refused('secrets=secretbox-1+identity', 'secrets=secretbox-1+identity')).toEqual([])
    expect(refused('secrets=secretbox-1+identity', 'secrets=secretbox-2+identity+secretbox-1')).toEqual([])
    expect(refused('', 'secrets=secretbox-1+identity')).toEqual([])
    expect(refused(undefined, 'secrets=secretbox-2+identity')).toEqual([])
    expect(refused('secrets=secretbox-1+identity', undefined)).toEqual([])
  })

  it('while a control plane does not answer, unless it is vouched dead', () => {
    const { facts, learnt } = away('cp3')
    expect(codes({}, learnt, cluster, facts)).toEqual(['HOST_AWAY'])
    const { problems, parts, warnings } = plan({ dead: ['cp3'] }, learnt, cluster, facts)
    expect(problems).toEqual([])
    expect(parts?.members.map(({ host }) => host.name)).toEqual(['cp1', 'cp2'])
    expect(warnings).toContainEqual(expect.stringContaining('`quorate replace cp3 --dead`'))
  })

  it('if a host that is vouched dead answers', () => {
    expect(codes({ dead: ['cp3'] })).toEqual(['RESTORE_REFUSED'])
  })

  it('if hosts are named that the file does not have, or that are no control planes', () => {
    expect(codes({ dead: ['cp9'] })).toEqual(['HOST_UNKNOWN'])
    expect(codes({ dead: ['w1'] })).toEqual(['RESTORE_REFUSED'])
  })

  it('if etcd has a member that the cluster file does not have', () => {
    const stranger = { name: 'old', peerUrls: ['https://old:2380'], learner: false, healthy: true }
    const looks = all.map((look) => ({ ...look, members: [...(look.members ?? []), stranger] }))
    expect(codes({}, { looks })).toEqual(['RESTORE_REFUSED'])
  })

  it('where the disk has no room for the data beside the old ones', () => {
    const looks = all.map((look) => (look.host === 'cp1' ? { ...look, freeBytes: 100 * 2 ** 20 } : look))
    expect(codes({}, { looks })).toEqual(['DISK_FULL'])
  })

  it('where etcd has its data elsewhere', () => {
    const looks = all.map((look) =>
      look.host === 'cp1' && look.pod !== undefined
        ? { ...look, pod: { ...look.pod, dataFolder: '/srv/etcd' } }
        : look,
    )
    expect(codes({}, { looks })).toEqual(['RESTORE_REFUSED'])
  })

  it('for an etcd on hosts of its own', () => {
    expect(codes({}, { looks: [] }, aClusterWithEtcdHosts())).toEqual(['RESTORE_REFUSED'])
  })
})

describe('the plan of a recovery', () => {
  const { facts, learnt } = away('cp2', 'cp3')
  const request = { ...SURVIVOR, dead: ['cp2', 'cp3'] }

  it('takes what the survivor has, for itself alone', () => {
    const { parts, problems, changes } = plan(request, learnt, cluster, facts)
    expect(problems).toEqual([])
    expect(parts?.source).toMatchObject({ kind: 'survivor', host: { name: 'cp1' } })
    expect(parts?.members.map(({ host }) => host.name)).toEqual(['cp1'])
    expect(changes.filter(({ phase }) => phase === 'Nodes').map(({ host }) => host)).toEqual(['cp2', 'cp3'])
  })

  it('takes the database of a survivor whose etcd does not run, and only after everything is stopped', () => {
    const looks = learnt.looks.map((look) => lacking(look, 'status'))
    const { parts, problems, changes, warnings } = plan(request, { ...learnt, looks }, cluster, facts)
    expect(problems).toEqual([])
    expect(parts?.source).toMatchObject({ kind: 'database', host: { name: 'cp1' } })
    expect(changes.slice(0, 2).map(({ phase }) => phase)).toEqual(['Stop control planes', 'Restored data'])
    expect(warnings[0]).toContain('without a digest')
  })

  it('takes the survivor that has applied most, unless one is named', () => {
    const furthest = withMember(memberStatusesOf('cp1', 'cp2', 'cp3'), 'cp3', { raftAppliedIndex: 6000 })
    const looks = all.map((look) => lacking({ ...look, ...statusOf(furthest, look.host) }, 'members'))
    const hostOf = (from: RestoreRequest['from']) => {
      const source = plan({ from }, { looks }).parts?.source
      return source?.kind === 'survivor' ? source.host.name : undefined
    }
    expect(hostOf({ kind: 'survivor' })).toBe('cp3')
    expect(hostOf({ kind: 'survivor', host: 'cp1' })).toBe('cp1')
  })

  it('is refused while etcd has its majority', () => {
    expect(codes(SURVIVOR)).toEqual(['RESTORE_REFUSED'])
  })

  it('is refused if members that answer are of different etcds', () => {
    const looks = all.map((look) =>
      lacking(
        look.host === 'cp2' && look.status !== undefined
          ? { ...look, status: { ...look.status, clusterId: '7' } }
          : look,
        'members',
      ),
    )
    expect(codes(SURVIVOR, { looks })).toEqual(['RESTORE_REFUSED'])
  })

  it('is never by itself a member that found no data, and left an empty database when it did not start', () => {
    const looks = all.map((look) =>
      lacking({ ...look, hasData: look.host === 'cp1', lacksLog: true }, 'status', 'members'),
    )
    expect(codes(SURVIVOR, { looks })).toEqual(['RESTORE_REFUSED'])
    const named = plan({ from: { kind: 'survivor', host: 'cp1' } }, { looks })
    expect(named.parts?.source).toMatchObject({ kind: 'database', host: { name: 'cp1' } })
  })

  it('is refused if no host has data', () => {
    const looks = all.map((look) => lacking({ ...look, hasData: false }, 'status', 'members'))
    expect(codes(SURVIVOR, { looks })).toEqual(['RESTORE_REFUSED'])
  })
})
