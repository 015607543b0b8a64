import { describe, expect, it } from 'vitest'
import { QuorateError, type ErrorCode } from '../../../../src/errors/index.js'
import type { HostFacts } from '../../../../src/facts/facts.js'
import { keepalivedFile } from '../../../../src/configuration/load-balancer/services.js'
import type { Cluster } from '../../../../src/cluster/model.js'
import { planApply } from '../../../../src/planning/plan.js'
import { aCluster, aClusterWithEtcdHosts, aHost, bareFacts } from '../../../support/clusters.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'

type Away = Readonly<Record<string, ErrorCode>>

const running = aCluster()

/** The plan for a file, over the cluster of `made` that runs, while hosts are away. */
function planOf(
  away: Away,
  file: Cluster = running,
  made: Cluster = file,
  changed: readonly HostFacts[] = [],
) {
  const unanswered = Object.entries(away).map(([host, code]) =>
    new QuorateError(code, 'no answer', { host }).report(),
  )
  const known = joinedFacts(made).filter(({ host }) => !changed.some((one) => one.host === host))
  const facts = [...known, ...changed].filter(({ host }) => away[host] === undefined)
  return planApply(file, facts, { presence: present(standingOf(made)), unanswered })
}

const bystanders = ({ cluster }: ReturnType<typeof planOf>) => cluster.bystanders?.map(({ name }) => name)
const away = (...names: readonly string[]): Away =>
  Object.fromEntries(names.map((name) => [name, 'SSH_UNREACHABLE']))
const withHosts = (cluster: Cluster, ...names: readonly string[]): Cluster => ({
  ...cluster,
  hosts: [...cluster.hosts, ...names.map((name) => aHost(name))],
})

describe('a node that is away', () => {
  it('is left out with a warning: a worker', () => {
    const plan = planOf(away('w1'))
    expect(plan.problems).toEqual([])
    expect(plan.warnings).toEqual(['w1: it does not answer (no answer), and is left out'])
    expect(plan.workers.map(({ name }) => name)).toEqual(['w2'])
  })

  it('is left out: a control plane, while nothing is to be done with etcd', () => {
    const plan = planOf(away('cp3'))
    expect(plan.problems).toEqual([])
    expect(bystanders(plan)).toEqual(['cp3'])
    expect(plan.serving.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3'])
  })

  it('stops what waits for it: a control plane that joins', () => {
    const { problems } = planOf(away('cp3'), withHosts(running, 'cp4'), running, [bareFacts('cp4')])
    expect(problems).toMatchObject([
      {
        code: 'HOST_AWAY',
        host: 'cp3',
        message: 'it does not answer (no answer); cp4 cannot join until every etcd member is healthy',
      },
    ])
  })

  it('stops an apply where it has never joined', () => {
    const { problems } = planOf(away('w3'), withHosts(running, 'w3'), running)
    expect(problems.map(({ code }) => code)).toEqual(['SSH_UNREACHABLE'])
  })

  it.each<[string, Away]>([
    ['a login that is refused', { w1: 'SSH_AUTHENTICATION_FAILED' }],
    ['a host key that has changed', { w1: 'SSH_HOST_KEY_CHANGED' }],
  ])('is not one with %s, which stops an apply', (_, refused) => {
    expect(planOf(refused).problems).toHaveLength(1)
  })
})

describe('a balancer that is away', () => {
  const pair: Cluster = {
    ...withHosts(running, 'lb2'),
    loadBalancer: {
      type: 'haproxy',
      hosts: ['lb1', 'lb2'],
      virtualAddress: { address: '192.0.2.100', prefixLength: 32, routerId: 100 },
    },
  }
  const keepalived = ({ cluster }: ReturnType<typeof planOf>) =>
    keepalivedFile(cluster, aHost('lb2'), [{ interface: 'eth0', address: '192.0.2.102/24' }])?.content

  it('is left out beside another one, also while a control plane joins', () => {
    const plan = planOf(away('lb1'), withHosts(pair, 'cp4'), pair, [bareFacts('cp4')])
    expect(plan.problems).toEqual([])
    expect(plan.warnings).toContain('lb1: it does not answer (no answer), and is left out')
    expect(plan.loadBalancers.map(({ name }) => name)).toEqual(['lb2'])
  })

  it('stays the peer of the other, so that both know each other when it comes back', () => {
    expect(keepalived(planOf(away('lb1'), pair))).toContain('unicast_peer {\n        192.0.2.101\n')
    expect(keepalived(planOf(away('lb1'), pair))).toBe(keepalived(planOf({}, pair)))
  })

  it('is still where the name of the endpoint may lead', () => {
    const resolved = { ...pair, loadBalancer: { type: 'haproxy', hosts: ['lb1', 'lb2'] } } satisfies Cluster
    const [w1 = bareFacts('w1')] = joinedFacts(resolved).filter(({ host }) => host === 'w1')
    const probes = { connections: {}, endpointAddresses: ['192.0.2.101'] }
    const { warnings } = planOf(away('lb1'), resolved, resolved, [{ ...w1, probes }])
    expect(warnings).toEqual(['lb1: it does not answer (no answer), and is left out'])
  })

  it('stops an apply where no other answers', () => {
    expect(planOf(away('lb1')).problems.map(({ code }) => code)).toEqual(['SSH_UNREACHABLE'])
    expect(planOf(away('lb1', 'lb2'), pair).problems).toHaveLength(2)
  })

  it('stops an apply where it is a control plane that has never joined', () => {
    const balancers = { type: 'haproxy', hosts: ['lb1', 'cp4'] } as const
    const grown: Cluster = { ...withHosts(running, 'cp4'), loadBalancer: balancers }
    expect(planOf(away('cp4'), grown, running).problems.map(({ code }) => code)).toEqual(['SSH_UNREACHABLE'])
  })

  it('stops an apply where it is the only one, though it is a node as well', () => {
    const beside = { ...running, loadBalancer: { type: 'haproxy', hosts: ['cp3'] } } satisfies Cluster
    expect(planOf(away('cp3'), beside).problems).toMatchObject([
      {
        code: 'HOST_AWAY',
        message: 'it does not answer (no answer); no other host answers at the control plane endpoint',
      },
    ])
  })
})

describe('an etcd host that is away', () => {
  const cluster = aClusterWithEtcdHosts()
  const problemsOf = (...args: Parameters<typeof planOf>) =>
    planOf(...args).problems.map(({ code, host, message }) => `${code} ${host ?? '-'} ${message}`)

  it('is left out with a warning, while nothing is to be done with etcd', () => {
    const plan = planOf(away('e3'), cluster)
    expect(plan.problems).toEqual([])
    expect(plan.warnings).toContain('e3: it does not answer (no answer), and is left out')
    expect(plan.etcd.map(({ name }) => name)).toEqual(['e1', 'e2'])
    expect(bystanders(plan)).toEqual(['e3'])
  })

  it('does not keep API servers from being told the same endpoints as before', () => {
    const plan = planOf(away('e3'), cluster)
    expect(plan.cluster.etcd).toEqual(cluster.etcd)
    expect(plan.staleEndpoints).toEqual([])
  })

  it.each([
    ['a control plane', 'cp3'],
    ['another etcd host', 'e4'],
  ])('stops %s from joining', (_, name) => {
    expect(problemsOf(away('e3'), withHosts(cluster, name), cluster, [bareFacts(name)])).toContain(
      `HOST_AWAY e3 it does not answer (no answer); ${name} cannot join until every etcd member is healthy`,
    )
  })

  it('stops API servers from being told of other endpoints', () => {
    const [cp1 = bareFacts('cp1')] = joinedFacts(cluster).filter(({ host }) => host === 'cp1')
    const asking = { ...cp1, etcdServers: ['https://192.0.2.31:2379'] }
    expect(problemsOf(away('e3'), cluster, cluster, [asking])).toContain(
      'HOST_AWAY e3 it does not answer (no answer); the etcd endpoints of cp1 cannot change until every etcd member is healthy',
    )
  })

  it('stops certificates from being renewed', () => {
    const certificate = {
      path: '/etc/kubernetes/pki/etcd/server.crt',
      subject: 'e1',
      isCA: false,
      notBefore: '2026-01-01T00:00:00Z',
      notAfter: '2027-01-01T00:00:00Z',
    }
    const certificates = { at: '2026-12-01T00:00:00Z', found: [certificate] }
    const [e1 = bareFacts('e1')] = joinedFacts(cluster).filter(({ host }) => host === 'e1')
    const paths = [...e1.paths, '/var/lib/etcd/member', '/etc/kubernetes/pki/etcd/ca.key']
    expect(problemsOf(away('e3'), cluster, cluster, [{ ...e1, paths, certificates }])).toContain(
      'HOST_AWAY e3 it does not answer (no answer); certificates of e1 cannot be renewed until every etcd member is healthy',
    )
  })

  it('stops an apply where it is no member yet', () => {
    expect(problemsOf(away('e4'), withHosts(cluster, 'e4'), cluster)).toContain(
      'SSH_UNREACHABLE e4 no answer',
    )
  })
})
