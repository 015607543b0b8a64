import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../../src/cluster/model.js'
import { QuorateError } from '../../../../src/errors/index.js'
import type { HostFacts } from '../../../../src/facts/facts.js'
import type { ClusterPresence } from '../../../../src/facts/standing.js'
import { planRenewal, type RenewPlan } from '../../../../src/planning/renew/plan.js'
import { agedCertificates } from '../../../support/aged-facts.js'
import { aCluster, aClusterWithEtcdHosts } from '../../../support/clusters.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'

const NOW = Date.parse('2026-11-26T00:00:00.000Z')
const DOWN: ClusterPresence = { kind: 'unreadable', host: 'cp1', reason: 'connection refused' }

interface Scene {
  readonly cluster?: Cluster
  /** Days that all certificates have left. */
  readonly days?: number
  /** Hosts with another number of days. */
  readonly but?: Readonly<Record<string, number>>
  readonly presence?: ClusterPresence
  readonly hosts?: readonly string[]
  readonly all?: boolean
  readonly away?: readonly string[]
  readonly change?: (facts: readonly HostFacts[]) => readonly HostFacts[]
}

function planned(scene: Scene = {}): RenewPlan {
  const { cluster = aCluster(), days = 20, but = {}, hosts = [], all = false, away = [] } = scene
  const ages = Object.fromEntries(
    cluster.hosts.map(({ name }) => [name, agedCertificates(cluster, but[name] ?? days)[name] ?? {}]),
  )
  const facts = joinedFacts(cluster, ages).filter(({ host }) => !away.includes(host))
  const unanswered = away.map((host) => new QuorateError('SSH_UNREACHABLE', 'no route', { host }).report())
  const presence = scene.presence ?? present(standingOf(cluster))
  return planRenewal(cluster, scene.change?.(facts) ?? facts, { presence, unanswered }, { hosts, all }, NOW)
}

const changed = ({ changes }: RenewPlan) => [...new Set(changes.map(({ host }) => host))]
const actions = ({ changes }: RenewPlan, host: string) =>
  changes.filter((one) => one.host === host).map(({ phase, action }) => `${phase}: ${action}`)

describe('a renewal of certificates', () => {
  it('renews what kubeadm has issued on each control plane, and restarts what reads it only at its start', () => {
    const plan = planned()
    expect(plan.problems).toEqual([])
    expect(changed(plan)).toEqual(['cp1', 'cp2', 'cp3'])
    const [renewed = '', restarted] = actions(plan, 'cp2')
    expect(renewed).toMatch(/^Control plane certificates: renew apiserver\.crt, .*etcd\/peer\.crt/)
    expect(renewed).not.toContain('kubelet-client-current')
    expect(renewed).not.toMatch(/(^|[ /])ca\.crt/)
    expect(restarted).toBe('Control plane certificates: restart kube-controller-manager, kube-scheduler')
  })

  it('changes nothing while they last long enough, and visits no control plane', () => {
    const plan = planned({ days: 200 })
    expect(plan.changes).toEqual([])
    expect(plan.controlPlanes).toEqual([])
    expect(plan.since).toBeUndefined()
  })

  it('renews those as well that last, if that is asked for', () => {
    const plan = planned({ days: 200, all: true })
    expect(changed(plan)).toEqual(['cp1', 'cp2', 'cp3'])
    expect(plan.since).toBe(NOW)
  })

  it('is limited to the hosts that are named', () => {
    expect(changed(planned({ hosts: ['cp2'] }))).toEqual(['cp2'])
  })

  it('looks at a control plane that is named even if all lasts: no date shows that a key does not fit', () => {
    const plan = planned({ days: 200, hosts: ['cp2'] })
    expect(plan.controlPlanes.map(({ host }) => host.name)).toEqual(['cp2'])
    expect(plan.changes).toEqual([])
  })

  it('restarts nothing blindly: an API that does not answer although nothing has ended is another trouble', () => {
    const plan = planned({ presence: DOWN })
    expect(plan.problems).toMatchObject([
      { code: 'CLUSTER_UNREADABLE', message: expect.stringContaining('no certificate has ended') as string },
    ])
    expect(plan.changes).toEqual([])
    expect(planned({ presence: DOWN, hosts: ['cp2'] }).problems).toEqual([])
    expect(planned({ presence: DOWN, but: { cp2: -1 } }).problems).toEqual([])
  })

  it('refuses a host that the file does not have', () => {
    expect(planned({ hosts: ['cp7'] }).problems).toMatchObject([{ code: 'HOST_UNKNOWN' }])
  })

  it('leaves out a host that does not answer, unless it is named', () => {
    const plan = planned({ away: ['cp3'] })
    expect(plan.problems).toEqual([])
    expect(changed(plan)).toEqual(['cp1', 'cp2'])
    expect(plan.warnings.join()).toContain('cp3 does not answer')
    expect(planned({ away: ['cp3'], hosts: ['cp3'] }).problems).toMatchObject([{ code: 'SSH_UNREACHABLE' }])
  })

  it('leaves the kubelets of a living cluster to themselves', () => {
    const plan = planned()
    expect([...plan.kubelets, ...plan.workers]).toEqual([])
  })
})

describe('an etcd on hosts of its own', () => {
  const cluster = aClusterWithEtcdHosts()

  it('is renewed by the host that has its authority, and so are the clients', () => {
    const plan = planned({ cluster })
    expect(plan.authority?.name).toBe('e1')
    expect(plan.members.map(({ name }) => name)).toEqual(['e1', 'e2', 'e3'])
    expect(plan.clients.map(({ name }) => name)).toEqual(['cp1', 'cp2'])
    expect(plan.startingMembers).toEqual([])
    expect(actions(plan, 'cp1').join()).toContain('renew apiserver-etcd-client.crt')
    expect(actions(plan, 'cp1')[0]).not.toContain('etcd-client')
  })

  it('starts all its members again where certificates of some have ended', () => {
    const plan = planned({ cluster, days: 300, but: { e2: -1 } })
    expect(plan.startingMembers.map(({ name }) => name)).toEqual(['e1', 'e2', 'e3'])
    expect(plan.members).toEqual([])
  })

  it('keeps its certificates if nobody has the key of its authority, and says so', () => {
    const plan = planned({
      cluster,
      change: (facts) =>
        facts.map((one) => ({ ...one, paths: one.paths.filter((path) => !path.endsWith('/etcd/ca.key')) })),
    })
    expect(plan.members).toEqual([])
    expect(plan.warnings.join()).toContain("no etcd host has the key of etcd's CA")
  })
})

describe('certificates that have ended', () => {
  it('of one control plane need no gate there, and its kubelet starts the pods again', () => {
    const plan = planned({ days: 300, but: { cp2: -5 } })
    expect(plan.controlPlanes.map(({ host, isDown }) => [host.name, isDown])).toEqual([['cp2', true]])
    expect(plan.kubelets.map(({ host }) => host.name)).toEqual(['cp2'])
    expect(actions(plan, 'cp2').join()).toContain('issue a client certificate for the kubelet')
  })

  it('of a kubelet alone bring it back, on a control plane whose other certificates last, too', () => {
    const ended = agedCertificates(aCluster(), -5)['cp2']?.certificates?.found ?? []
    const kubelet = ended.filter(({ path }) => path.startsWith('/var/lib/kubelet/'))
    const plan = planned({
      days: 300,
      change: (facts) =>
        facts.map((one) => {
          if (one.host !== 'cp2' || one.certificates === undefined) return one
          const others = one.certificates.found.filter(({ path }) => !path.startsWith('/var/lib/kubelet/'))
          return { ...one, certificates: { ...one.certificates, found: [...others, ...kubelet] } }
        }),
    })
    expect(plan.controlPlanes).toEqual([])
    expect(plan.kubelets.map(({ host }) => host.name)).toEqual(['cp2'])
    expect(actions(plan, 'cp2').join()).toContain('issue a client certificate for the kubelet')
  })

  it('of everything are renewed without an API', () => {
    const plan = planned({ days: -100, presence: DOWN })
    expect(plan.problems).toEqual([])
    expect(plan.isDown).toBe(true)
    expect(plan.controlPlanes.every(({ isDown }) => isDown)).toBe(true)
    expect(plan.kubelets.map(({ host }) => host.name)).toEqual(['cp1', 'cp2', 'cp3'])
    expect(plan.workers.map(({ host }) => host.name)).toEqual(['w1', 'w2'])
    expect(plan.cluster.caHash).toBe('sha256:ca')
    expect(plan.warnings[0]).toContain('does not answer')
  })

  it('of a CA cannot be renewed, nor what it has issued', () => {
    const end = '2026-11-01T00:00:00.000Z'
    const plan = planned({
      change: (facts) =>
        facts.map((one) => ({
          ...one,
          certificates: {
            at: one.certificates?.at ?? '',
            found: (one.certificates?.found ?? []).map((found) =>
              found.isCA ? { ...found, notAfter: end } : found,
            ),
          },
        })),
    })
    expect(plan.problems[0]).toMatchObject({ code: 'CERTIFICATE_EXPIRED', host: 'cp1' })
    expect(plan.changes).toEqual([])
  })

  it('do not make a cluster of hosts that never were one', () => {
    const plan = planned({ presence: { kind: 'absent' } })
    expect(plan.problems).toMatchObject([{ code: 'CLUSTER_UNREADABLE' }])
  })
})
