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

describe('a node that does not answer', () => {
  it('is left out with a warning if it is a worker', () => {
    const plan = planOf(away('w1'))
    expect(plan.problems).toEqual([])
    expect(plan.warnings).toEqual(['w1: it does not answer (no answer), and is left out'])
    expect(plan.workers.map(({ name }) => name)).toEqual(['w2'])
  })

  it('is left out if it is a control plane and etcd needs no change', () => {
    const plan = planOf(away('cp3'))
    expect(plan.problems).toEqual([])
    expect(bystanders(plan)).toEqual(['cp3'])
    expect(plan.serving.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3'])
  })

  it('blocks the join of another control plane', () => {
    const { problems } = planOf(away('cp3'), withHosts(running, 'cp4'), running, [bareFacts('cp4')])
    expect(problems).toMatchObject([
      {
        code: 'HOST_AWAY',
        host: 'cp3',
        message: 'it does not answer (no answer); cp4 cannot join until every etcd member is healthy',
      },
    ])
  })

  it('stops an apply if it has never joined', () => {
    const { problems } = planOf(away('w3'), withHosts(running, 'w3'), running)
    expect(problems.map(({ code }) => code)).toEqual(['SSH_UNREACHABLE'])
  })

  it.each<[string, Away]>([
    ['a login that is refused', { w1: 'SSH_AUTHENTICATION_FAILED' }],
    ['a host key that has changed', { w1: 'SSH_HOST_KEY_CHANGED' }],
  ])('is not left out but stops an apply if the cause is %s', (_, refused) => {
    expect(planOf(refused).problems).toHaveLength(1)
  })
})

describe('a load balancer that does not answer', () => {
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

  it('is left out while another one works, even if a control plane joins', () => {
    const plan = planOf(away('lb1'), withHosts(pair, 'cp4'), pair, [bareFacts('cp4')])
    expect(plan.problems).toEqual([])
    expect(plan.warnings).toContain('lb1: it does not answer (no answer), and is left out')
    expect(plan.loadBalancers.map(({ name }) => name)).toEqual(['lb2'])
  })

  it('stays a keepalived peer, so that both know each other when it returns', () => {
    expect(keepalived(planOf(away('lb1'), pair))).toContain('unicast_peer {\n        192.0.2.101\n')
    expect(keepalived(planOf(away('lb1'), pair))).toBe(keepalived(planOf({}, pair)))
  })

  it('remains a valid target of the endpoint name', () => {
    const resolved = { ...pair, loadBalancer: { type: 'haproxy', hosts: ['lb1', 'lb2'] } } satisfies Cluster
    const [w1 = bareFacts('w1')] = joinedFacts(resolved).filter(({ host }) => host === 'w1')
    const probes = { connections: {}, endpointAddresses: ['192.0.2.101'] }
    const { warnings } = planOf(away('lb1'), resolved, resolved, [{ ...w1, probes }])
    expect(warnings).toEqual(['lb1: it does not answer (no answer), and is left out'])
  })

  it('stops an apply if no other one answers', () => {
    expect(planOf(away('lb1')).problems.map(({ code }) => code)).toEqual(['SSH_UNREACHABLE'])
    expect(planOf(away('lb1', 'lb2'), pair).problems).toHaveLength(2)
  })

  it('stops an apply if it is a control plane that has never joined', () => {
    const balancers = { type: 'haproxy', hosts: ['lb1', 'cp4'] } as const
    const grown: Cluster = { ...withHosts(running, 'cp4'), loadBalancer: balancers }
    expect(planOf(away('cp4'), grown, running).problems.map(({ code }) => code)).toEqual(['SSH_UNREACHABLE'])
  })

  it('stops an apply if it is the only one, even if it is also a node', () => {
    const beside = { ...running, loadBalancer: { type: 'haproxy', hosts: ['cp3'] } } satisfies Cluster
    expect(planOf(away('cp3'), beside).problems).toMatchObject([
      {
        code: 'HOST_AWAY',
        message: 'it does not answer (no answer); no other host answers at the control plane endpoint',
      },
    ])
  })
})

describe('an etcd host that does not answer', () => {
  const cluster = aClusterWithEtcdHosts()
  const problemsOf = (...args: Parameters<typeof planOf>) =>
    planOf(...args).problems.map(({ code, host, message }) => `${code} ${host ?? '-'} ${message}`)

  it('is left out with a warning if etcd needs no change', () => {
    const plan = planOf(away('e3'), cluster)
    expect(plan.problems).toEqual([])
    expect(plan.warnings).toContain('e3: it does not answer (no answer), and is left out')
    expect(plan.etcd.map(({ name }) => name)).toEqual(['e1', 'e2'])
    expect(bystanders(plan)).toEqual(['e3'])
  })

  it('does not affect the etcd endpoints of API servers', () => {
    const plan = planOf(away('e3'), cluster)
    expect(plan.cluster.etcd).toEqual(cluster.etcd)
    expect(plan.staleEndpoints).toEqual([])
  })

  it.each([
    ['a control plane', 'cp3'],
    ['another etcd host', 'e4'],
  ])('blocks %s from joining', (_, name) => {
    expect(problemsOf(away('e3'), withHosts(cluster, name), cluster, [bareFacts(name)])).toContain(
      `HOST_AWAY e3 it does not answer (no answer); ${name} cannot join until every etcd member is healthy`,
    )
  })

  it('blocks a change of the etcd endpoints of API servers', () => {
    const [cp1 = bareFacts('cp1')] = joinedFacts(cluster).filter(({ host }) => host === 'cp1')
    const asking = { ...cp1, etcdServers: ['https://192.0.2.31:2379'] }
    expect(problemsOf(away('e3'), cluster, cluster, [asking])).toContain(
      'HOST_AWAY e3 it does not answer (no answer); the etcd endpoints of cp1 cannot change until every etcd member is healthy',
    )
  })

  it('blocks the renewal of certificates', () => {
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

  it('stops an apply if it is not a member yet', () => {
    expect(problemsOf(away('e4'), withHosts(cluster, 'e4'), cluster)).toContain(
      'SSH_UNREACHABLE e4 no answer',
    )
  })
})
