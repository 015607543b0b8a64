import { describe, expect, it } from 'vitest'
import type { HostFacts } from '../../../../src/facts/facts.js'
import type { Standing } from '../../../../src/facts/standing.js'
import { planApply } from '../../../../src/planning/plan.js'
import { aCluster, aClusterWithEtcdHosts, bareFacts } from '../../../support/clusters.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'

const cluster = aCluster()
const removedAt = '2026-11-20T10:00:00.000Z'

function findingsOf(
  standing: Partial<Standing>,
  file = cluster,
  facts: readonly HostFacts[] = joinedFacts(cluster),
) {
  const { findings } = planApply(file, facts, {
    presence: present(standingOf(cluster, standing)),
    unanswered: [],
  })
  return findings.filter(({ code }) => code === 'HOST_REMOVED' || code === 'NODE_NOT_IN_FILE')
}

describe('a machine that was removed as dead', () => {
  const removed = [{ name: 'w1', machineId: 'machine-w1', removedAt }]

  it('is refused if it comes back with its old state', () => {
    expect(findingsOf({ removed })).toMatchObject([
      {
        severity: 'error',
        host: 'w1',
        message:
          'it was removed from the cluster as dead on 2026-11-20, and has come back with its old state',
      },
    ])
  })

  it('may join again once it was reset', () => {
    const facts = joinedFacts(cluster).map((one) => (one.host === 'w1' ? bareFacts('w1') : one))
    expect(findingsOf({ removed }, cluster, facts)).toEqual([])
  })

  it('is recognised as a node that the file no longer has, and hinders nobody else', () => {
    const file = { ...cluster, hosts: cluster.hosts.filter(({ name }) => name !== 'w1') }
    expect(findingsOf({ removed }, file)).toMatchObject([
      {
        severity: 'warning',
        code: 'HOST_REMOVED',
        hint: expect.stringContaining('quorate remove w1') as string,
      },
    ])
  })

  it('is not another machine that has its name', () => {
    expect(findingsOf({ removed: [{ name: 'w1', machineId: 'another', removedAt }] })).toEqual([])
  })

  it('is a control plane that etcd does not know any more, not one that is its member again', () => {
    const machines = [{ name: 'cp3', machineId: 'machine-cp3', removedAt }]
    const { members = [] } = standingOf(cluster)
    expect(findingsOf({ removed: machines })).toEqual([])
    expect(
      findingsOf({ removed: machines, members: members.filter(({ name }) => name !== 'cp3') }).map(
        ({ host }) => host,
      ),
    ).toEqual(['cp3'])
  })

  it('is an etcd host of that name, whose machine the cluster never knew', () => {
    const file = aClusterWithEtcdHosts()
    const facts = joinedFacts(file, {
      e3: {
        paths: ['/var/lib/etcd/member', '/etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf'],
      },
    })
    const standing = standingOf(file, { removed: [{ name: 'e3', removedAt }] })
    const members = (standing.members ?? []).filter(({ name }) => name !== 'e3')
    const { findings } = planApply(file, facts, {
      presence: present({ ...standing, members }),
      unanswered: [],
    })
    expect(findings.filter(({ code }) => code === 'HOST_REMOVED').map(({ host }) => host)).toEqual(['e3'])
  })
})
