import { describe, expect, it } from 'vitest'
import type { SnapshotSettings } from '../../../../src/cluster/snapshots.js'
import { QuorateError } from '../../../../src/errors/index.js'
import { planSnapshot, type SnapshotLearnt } from '../../../../src/planning/snapshot/plan.js'
import { aCluster, aClusterWithEtcdHosts } from '../../../support/clusters.js'
import { memberStatusesOf, withMember } from '../../../support/member-statuses.js'
import { joinedFacts, standingOf } from '../../../support/standings.js'

const cluster = aCluster()
const three = memberStatusesOf('cp1', 'cp2', 'cp3')
const SETTINGS: SnapshotSettings = {
  keep: { count: 5, days: 30 },
  encryptTo: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'],
  copies: [{ kind: 'folder', folder: '/srv/backups' }],
}

function plan(file = cluster, more: Partial<SnapshotLearnt> = {}, facts = joinedFacts(file)) {
  const presence = { kind: 'read' as const, standing: standingOf(file) }
  return planSnapshot(file, facts, { presence, unanswered: [], statuses: three, ...more })
}

describe('the plan of a snapshot', () => {
  it('names the member that is asked, every place, and what stays there', () => {
    const { from, changes, warnings, problems } = plan({ ...cluster, snapshots: SETTINGS })
    expect(from?.name).toBe('cp2')
    expect(changes.map(({ host, phase, action }) => `${host}: ${phase}: ${action}`)).toEqual([
      "cp2: Snapshot: take a snapshot from etcd's member, and verify it",
      'cp2: Encrypted copies: keep an encrypted archive in /srv/backups',
      'cp1: Copies on hosts: keep a copy from cp2',
      'cp3: Copies on hosts: keep a copy from cp2',
      'cp2: Retention: keep the newest 5 in each place, none older than 30 days',
    ])
    expect({ warnings, problems }).toEqual({ warnings: [], problems: [] })
  })

  it('says what a snapshot without the keys of the cluster is not good for', () => {
    expect(plan().warnings).toEqual([expect.stringContaining('without the keys of the cluster')])
  })

  it('leaves out hosts that do not answer, and says so', () => {
    const report = new QuorateError('SSH_UNREACHABLE', 'no route to host', { host: 'cp3' }).report()
    const facts = joinedFacts(cluster).filter(({ host }) => host !== 'cp3')
    const { keepers, warnings } = plan(
      { ...cluster, snapshots: SETTINGS },
      { unanswered: [report], statuses: three.slice(0, 2) },
      facts,
    )
    expect(keepers.map(({ name }) => name)).toEqual(['cp1'])
    expect(warnings).toEqual(['cp3 does not answer (no route to host), and keeps no copy'])
  })

  it('needs no API', () => {
    const presence = { kind: 'unreadable' as const, host: 'cp1', reason: 'connection refused' }
    expect(plan(cluster, { presence })).toMatchObject({ problems: [], from: { name: 'cp2' } })
  })

  it('is refused where no sound member answers', () => {
    expect(plan(cluster, { statuses: [] }).problems).toEqual([
      expect.objectContaining({ code: 'ETCD_UNREACHABLE', message: 'no sound member of etcd answers' }),
    ])
  })

  it('warns of an etcd that takes no writes, and still takes the snapshot', () => {
    const full = withMember(three, 'cp2', { alarms: [{ memberId: '1', alarm: 'NOSPACE' }] })
    const { warnings, problems } = plan({ ...cluster, snapshots: SETTINGS }, { statuses: full })
    expect(problems).toEqual([])
    expect(warnings).toEqual([expect.stringContaining('NOSPACE')])
  })

  it('asks and keeps on etcd hosts where they have the members, and reads keys from control planes first', () => {
    const file = aClusterWithEtcdHosts()
    const hosts = file.hosts.filter(({ role }) => role === 'etcd').map(({ name }) => name)
    const { from, keepers, sources } = plan(file, { statuses: memberStatusesOf(...hosts) })
    expect([from, ...keepers].map((host) => host?.name).toSorted()).toEqual(hosts.toSorted())
    expect(sources[0]?.role).toBe('control-plane')
  })
})
