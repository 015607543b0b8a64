import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../../src/cluster/model.js'
import { QuorateError } from '../../../../src/errors/index.js'
import type { BootFacts } from '../../../../src/facts/boot.js'
import type { ClusterPresence } from '../../../../src/facts/standing.js'
import { DRAIN_DEFAULTS } from '../../../../src/operations/drain.js'
import type { RebootRequest } from '../../../../src/operations/reboot/request.js'
import { planReboot, type RebootPlan } from '../../../../src/planning/reboot/plan.js'
import { aCluster, aClusterWithEtcdHosts, aHost, bareDetails } from '../../../support/clusters.js'
import { joinedFacts, nodeOf, present, standingOf } from '../../../support/standings.js'

interface Scene {
  readonly cluster?: Cluster
  readonly boots?: Readonly<Record<string, Partial<BootFacts>>>
  readonly request?: Partial<RebootRequest>
  readonly presence?: ClusterPresence
  readonly away?: readonly string[]
}

function planned({ cluster = aCluster(), boots = {}, request = {}, presence, away = [] }: Scene = {}) {
  const details = Object.fromEntries(
    cluster.hosts.map(({ name }) => [
      name,
      { details: bareDetails(name, { boot: { bootId: `boot-${name}`, ...boots[name] } }) },
    ]),
  )
  const facts = joinedFacts(cluster, details).filter(({ host }) => !away.includes(host))
  const unanswered = away.map((host) => new QuorateError('SSH_UNREACHABLE', 'no route', { host }).report())
  const all: RebootRequest = {
    hosts: [],
    required: false,
    drain: DRAIN_DEFAULTS,
    returnTimeoutMs: 600_000,
    windows: [],
    ...request,
  }
  return planReboot(cluster, facts, { presence: presence ?? present(standingOf(cluster)), unanswered }, all)
}

const order = ({ rebooting }: RebootPlan) => rebooting.map(({ host }) => host.name)
const action = ({ changes }: RebootPlan, host: string) => changes.find((one) => one.host === host)?.action

describe('a reboot', () => {
  it('comes to control planes first, then to workers, and to balancers last', () => {
    const plan = planned()
    expect(plan.problems).toEqual([])
    expect(order(plan)).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1'])
    expect(action(plan, 'cp2')).toBe(
      'drain, reboot, uncordon, out of the load balancers meanwhile (asked for)',
    )
    expect(action(plan, 'lb1')).toBe('reboot; it forwards nothing meanwhile (asked for)')
    expect(plan.changes.every(({ disruptive }) => disruptive === true)).toBe(true)
  })

  it('comes to the hosts of an external etcd before all others', () => {
    const plan = planned({ cluster: aClusterWithEtcdHosts() })
    expect(order(plan).slice(0, 4)).toEqual(['e1', 'e2', 'e3', 'cp1'])
    expect(plan.rebooting[0]?.phase).toBe('etcd-reboots')
  })

  it('is for the named hosts only, in the same order', () => {
    expect(order(planned({ request: { hosts: ['w1', 'cp3'] } }))).toEqual(['cp3', 'w1'])
  })

  it('is for those that need it, if that is asked for, and says why', () => {
    const plan = planned({
      boots: {
        cp2: { required: ['linux-image-6.1.0-26-amd64', 'libc6'] },
        w1: { newerKernel: '6.1.0-26-amd64' },
      },
      request: { required: true },
    })
    expect(order(plan)).toEqual(['cp2', 'w1'])
    expect(action(plan, 'cp2')).toContain('(its system asks for it, for linux-image-6.1.0-26-amd64, libc6)')
    expect(action(plan, 'w1')).toContain('runs kernel 6.1.0-17-amd64, and 6.1.0-26-amd64 is installed')
    expect(planned({ request: { required: true } })).toMatchObject({ changes: [], problems: [] })
  })

  it('is needed where an aborted one has left a node cordoned', () => {
    const cluster = aCluster()
    const nodes = standingOf(cluster).nodes.map((node) =>
      node.name === 'w2' ? { ...node, schedulable: false, cordonedByUs: true as const } : node,
    )
    const plan = planned({ presence: present(standingOf(cluster, { nodes })), request: { required: true } })
    expect(order(plan)).toEqual(['w2'])
    expect(action(plan, 'w2')).toContain('an earlier run has left it cordoned')
  })

  it('leaves out hosts that are away or not part of the cluster, unless they are named', () => {
    const cluster = aCluster()
    const nodes = standingOf(cluster).nodes.filter(({ name }) => name !== 'w2')
    const presence = present(standingOf(cluster, { nodes }))
    const plan = planned({ presence, away: ['w1'] })
    expect(order(plan)).toEqual(['cp1', 'cp2', 'cp3', 'lb1'])
    expect(plan.warnings).toEqual([
      'the control plane endpoint does not answer while the only load balancer reboots',
      'w1 does not answer (no route), and is left out',
      'w2 is not part of the cluster, and is left out',
    ])
    const named = planned({ presence, away: ['w1'], request: { hosts: ['w1', 'w2'] } })
    expect(named.problems.map(({ host, code }) => [host, code])).toEqual([
      ['w1', 'SSH_UNREACHABLE'],
      ['w2', 'NODE_NOT_READY'],
    ])
    expect(named.changes).toEqual([])
  })

  it('is refused while the API does not answer, or for a host that nobody knows', () => {
    const down = planned({ presence: { kind: 'unreadable', host: 'cp1', reason: 'connection refused' } })
    expect(down.problems.map(({ code }) => code)).toEqual(['CLUSTER_UNREADABLE'])
    expect(planned({ request: { hosts: ['cp9'] } }).problems.map(({ code }) => code)).toEqual([
      'HOST_UNKNOWN',
    ])
  })

  it('tells what nobody else does meanwhile', () => {
    const hosts = ['cp1', 'w1'].map((name) => aHost(name))
    const cluster = { ...aCluster({ hosts }), loadBalancer: { type: 'external' as const } }
    const nodes = hosts.map((host) => nodeOf(cluster, host))
    const plan = planned({ cluster, presence: present(standingOf(cluster, { nodes })) })
    expect(plan.warnings.join('\n')).toContain('etcd answers nobody while')
    expect(plan.warnings.join('\n')).toContain('cp1 reboots: it is the only control plane')
    const worker = planned({
      cluster,
      presence: present(standingOf(cluster, { nodes })),
      request: { hosts: ['w1'], windows: ['Sat 01:00-05:00'] },
    })
    expect(worker.warnings).toEqual(['no host is begun outside of its window: Sat 01:00-05:00'])
  })
})
