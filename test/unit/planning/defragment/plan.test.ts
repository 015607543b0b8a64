import { describe, expect, it } from 'vitest'
import type { MemberStatus } from '../../../../src/facts/etcd-status.js'
import { disturbanceObstacle } from '../../../../src/facts/etcd-status.js'
import { hasRoom, pays } from '../../../../src/planning/defragment/pays.js'
import { planDefragmentation } from '../../../../src/planning/defragment/plan.js'
import { aCluster, aClusterWithEtcdHosts } from '../../../support/clusters.js'
import { memberStatusesOf, withMember } from '../../../support/member-statuses.js'
import { joinedFacts, standingOf } from '../../../support/standings.js'

const MIB = 2 ** 20
const cluster = aCluster()
const three = memberStatusesOf('cp1', 'cp2', 'cp3')
const WASTE = { bytes: 600 * MIB, bytesInUse: 40 * MIB }
const wasting = three.map((one) => ({ ...one, ...WASTE }))

function plan(statuses: readonly MemberStatus[], file = cluster) {
  const presence = { kind: 'read' as const, standing: standingOf(file) }
  return planDefragmentation(file, joinedFacts(file), { presence, unanswered: [], statuses })
}

describe('a defragmentation', () => {
  it.each([
    [600, 40, true],
    [600, 330, true],
    [600, 331, false],
    [180, 79, true],
    [180, 80, false],
    [40, 1, false],
  ])('of %i MiB of which %i are in use pays: %s', (bytes, bytesInUse, isDue) => {
    const one = three.map((status) => ({ ...status, bytes: bytes * MIB, bytesInUse: bytesInUse * MIB }))[0]
    expect(one !== undefined && pays(one)).toBe(isDue)
  })

  it('comes to the leader last, and only to members for which it pays', () => {
    const all = withMember(wasting, 'cp2', { bytes: 50 * MIB })
    expect(plan(all).defragmenting.map(({ host }) => host.name)).toEqual(['cp3', 'cp1'])
    expect(plan(all).changes).toEqual([
      { host: 'cp3', phase: 'Defragmentation', action: 'defragment its member: 560 of 600 MiB are free' },
      {
        host: 'cp1',
        phase: 'Defragmentation',
        action: 'defragment its member: 560 of 600 MiB are free, after it has handed the lead over',
      },
    ])
  })

  it('changes nothing where it pays for no member', () => {
    expect(plan(three)).toMatchObject({ changes: [], problems: [], warnings: [] })
  })

  it('drops old revisions first where etcd is out of space, comes to every member, and disarms the alarm', () => {
    const full = three.map((one) => ({ ...one, alarms: [{ memberId: '3', alarm: 'NOSPACE' }] }))
    const { isFull, changes } = plan(full)
    expect(isFull).toBe(true)
    expect(changes.map(({ host, phase }) => `${host} ${phase}`)).toEqual([
      'cp2 Compaction',
      'cp2 Defragmentation',
      'cp3 Defragmentation',
      'cp1 Defragmentation',
      'cp1 Alarms',
    ])
  })

  it('is refused while a member does not answer, or has other data than the rest', () => {
    const away = plan(wasting.filter(({ host }) => host !== 'cp2'))
    expect(away.problems).toEqual([expect.objectContaining({ code: 'ETCD_UNHEALTHY', host: 'cp2' })])
    expect(away.changes).toEqual([])
    const gone = planDefragmentation(cluster, joinedFacts(cluster).slice(0, 2), {
      presence: { kind: 'read', standing: standingOf(cluster) },
      unanswered: [],
      statuses: wasting.slice(0, 2),
    })
    expect(gone.problems).toEqual([expect.objectContaining({ host: 'cp3' })])
    const corrupt = plan(wasting.map((one) => ({ ...one, alarms: [{ memberId: '3', alarm: 'CORRUPT' }] })))
    expect(corrupt.problems).toEqual([expect.objectContaining({ code: 'ETCD_UNHEALTHY' })])
  })

  it('is about etcd hosts where they have the members', () => {
    const file = aClusterWithEtcdHosts()
    const hosts = file.hosts.filter(({ role }) => role === 'etcd').map(({ name }) => name)
    const statuses = memberStatusesOf(...hosts).map((one) => ({ ...one, ...WASTE }))
    const names = plan(statuses, file).defragmenting.map(({ host }) => host.name)
    expect(names).toEqual([...hosts.slice(1), ...hosts.slice(0, 1)])
  })
})

describe('a member', () => {
  const listed = [1, 2, 3].map((id) => ({ id: String(id), name: `cp${id}` }))

  it('may be disturbed while all are well', () => {
    expect(disturbanceObstacle(three, listed)).toBeUndefined()
  })

  it.each([
    ['one is silent', three.slice(0, 2), 'cp3 does not answer'],
    ['one is a learner', withMember(three, 'cp2', { learner: true }), 'still a learner'],
    ['one follows another leader', withMember(three, 'cp2', { leaderId: '3' }), 'do not agree'],
    ['one is of another etcd', withMember(three, 'cp2', { clusterId: '9' }), 'do not agree'],
    ['one lags', withMember(three, 'cp2', { raftAppliedIndex: 1 }), '4999 entries behind'],
  ])('may not while %s', (_, statuses, reason) => {
    expect(disturbanceObstacle(statuses, listed)).toMatch(reason)
  })
})

describe('a database', () => {
  it('has room below nine tenths of its quota, or of the one that etcd has by itself', () => {
    expect(hasRoom({ bytes: 899, quota: 1000 })).toBe(true)
    expect(hasRoom({ bytes: 900, quota: 1000 })).toBe(false)
    expect(hasRoom({ bytes: 1.7 * 1024 * MIB })).toBe(true)
    expect(hasRoom({ bytes: 1.9 * 1024 * MIB })).toBe(false)
  })
})
