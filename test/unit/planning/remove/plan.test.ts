import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../../src/cluster/model.js'
import type { HostFacts } from '../../../../src/facts/facts.js'
import type { Standing } from '../../../../src/facts/standing.js'
import type { ErrorReport } from '../../../../src/errors/index.js'
import { QuorateError, type ErrorCode } from '../../../../src/errors/index.js'
import { DRAIN_DEFAULTS } from '../../../../src/operations/drain.js'
import { planRemoval, type RemovalPlan } from '../../../../src/planning/remove/plan.js'
import { aCluster, aClusterWithEtcdHosts, aHost, bareFacts } from '../../../support/clusters.js'
import { joinedFacts, nodeOf, present, standingOf } from '../../../support/standings.js'

interface Scene {
  readonly cluster?: Cluster
  readonly standing?: Partial<Standing>
  /** Hosts that do not answer. */
  readonly away?: readonly string[]
  readonly facts?: Readonly<Record<string, Partial<HostFacts>>>
  readonly dead?: readonly string[]
}

const twoBalancers = aCluster({
  hosts: ['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1', 'lb2'].map((name) => aHost(name)),
  loadBalancer: { type: 'haproxy', hosts: ['lb1', 'lb2'] },
})

function noAnswer(host: string, code: ErrorCode = 'SSH_UNREACHABLE'): ErrorReport {
  return new QuorateError(code, 'no answer', { host }).report()
}

function plan(hosts: readonly string[], scene: Scene = {}): RemovalPlan {
  const { cluster = aCluster(), away = [], dead = [], facts = {} } = scene
  return planRemoval(
    cluster,
    joinedFacts(cluster, facts).filter(({ host }) => !away.includes(host)),
    {
      presence: present({ ...standingOf(cluster), ...scene.standing }),
      unanswered: away.map((name) => noAnswer(name)),
    },
    { hosts, dead, drain: DRAIN_DEFAULTS },
  )
}

function withUnhealthy(cluster: Cluster, ...names: readonly string[]): Partial<Standing> {
  const { members = [] } = standingOf(cluster)
  return { members: members.map((member) => ({ ...member, healthy: !names.includes(member.name) })) }
}

const messages = ({ problems }: RemovalPlan) => problems.map(({ message }) => message)
const lines = ({ changes }: RemovalPlan) =>
  changes.map(({ host, phase, action }) => `${host}: ${phase}: ${action}`)

describe('the removal of a worker', () => {
  it('drains it, resets it and deletes its node, and touches no other host', () => {
    const { changes, problems } = plan(['w1'])
    expect(problems).toEqual([])
    expect(changes.map(({ host, phase }) => [host, phase])).toEqual([
      ['w1', 'Drain'],
      ['w1', 'Reset'],
      ['w1', 'Nodes'],
      ['w1', 'Claims'],
    ])
  })

  it('says that pods have nowhere to go if it is the last one', () => {
    const taints = [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' as const }]
    const cluster = aCluster({ hosts: ['cp1', 'w1', 'lb1'].map((name) => aHost(name)) })
    const nodes = [nodeOf(cluster, aHost('cp1'), { taints }), nodeOf(cluster, aHost('w1'))]
    expect(plan(['w1'], { cluster, standing: { nodes } }).warnings).toEqual([
      'no node that takes pods would be left: what is evicted stays pending',
    ])
  })

  it('works for a node that the file no longer has, at the address that the cluster knows', () => {
    const whole = aCluster()
    const cluster = aCluster({ hosts: whole.hosts.filter(({ name }) => name !== 'w2') })
    const facts = joinedFacts(whole)
    const presence = present(standingOf(whole))
    const request = { hosts: ['w2'], dead: [], drain: DRAIN_DEFAULTS }
    const { leaving, problems } = planRemoval(cluster, facts, { presence, unanswered: [] }, request)
    expect(problems).toEqual([])
    expect(leaving.map(({ host }) => [host.name, host.address])).toEqual([['w2', '192.0.2.22']])
  })
})

describe('the removal of a control plane', () => {
  it('takes it from the balancers before its member, and its member before anything on the host', () => {
    const { changes, staying } = plan(['cp1'])
    expect(changes.filter(({ host }) => host === 'cp1').map(({ phase }) => phase)).toEqual([
      'Drain',
      'etcd members',
      'Reset',
      'Nodes',
      'Claims',
    ])
    expect(staying?.apiHost.name).toBe('cp2')
    expect(staying?.backends.map(({ name }) => name)).toEqual(['cp2', 'cp3'])
    expect(staying?.balancers.map(({ name }) => name)).toEqual(['lb1'])
  })

  it('says what it costs to go from three members to two', () => {
    expect(plan(['cp3']).warnings).toEqual(['afterwards etcd keeps 2 members; none of them may fail'])
  })

  it('is refused for the last one', () => {
    const cluster = aCluster({ hosts: ['cp1', 'w1', 'lb1'].map((name) => aHost(name)) })
    expect(messages(plan(['cp1'], { cluster }))).toContain('no control plane would be left')
  })

  it('is refused for all of them at once', () => {
    expect(messages(plan(['cp1', 'cp2', 'cp3']))).toContain('no control plane would be left')
  })

  it('is refused if too few healthy members would be left, with the numbers', () => {
    const cluster = aCluster()
    const found = plan(['cp1'], { cluster, standing: withUnhealthy(cluster, 'cp3') })
    expect(messages(found)).toEqual([
      'without cp1 etcd would have 1 healthy of 2 voters, 2 are needed; not healthy: cp3',
    ])
  })

  it('is refused while a member is still being added', () => {
    const cluster = aCluster()
    const { members = [] } = standingOf(cluster)
    const standing = { members: members.map((one) => (one.name === 'cp3' ? { ...one, learner: true } : one)) }
    expect(messages(plan(['cp1'], { cluster, standing }))).toEqual(['etcd member cp3 is still a learner'])
  })

  it('is refused if the endpoint is its own address', () => {
    const base = aCluster()
    const cluster = {
      ...base,
      kubernetes: { ...base.kubernetes, controlPlaneEndpoint: { host: '192.0.2.11', port: 6443 } },
    }
    expect(messages(plan(['cp1'], { cluster }))).toEqual([
      'the control plane endpoint 192.0.2.11:6443 is its address: every node would lose the API',
    ])
  })

  it('asks for it to be taken from a load balancer that is not ours', () => {
    const cluster = aCluster({ loadBalancer: { type: 'external' } })
    expect(plan(['cp2'], { cluster }).warnings).toContain(
      'the load balancer is yours: take cp2 out of its backends before you approve',
    )
  })
})

describe('a dead host', () => {
  const dead = { away: ['cp3'], dead: ['cp3'] }

  it('is neither drained nor reset, and others leave only after it', () => {
    const cluster = aCluster()
    const found = plan(['cp1', 'cp3'], { ...dead, cluster, standing: withUnhealthy(cluster, 'cp3') })
    expect(found.leaving.map(({ host }) => host.name)).toEqual(['cp3', 'cp1'])
    expect(found.problems).toEqual([])
    expect(found.changes.filter(({ host }) => host === 'cp3').map(({ action }) => action)).toEqual([
      'give up its pods and volumes',
      'remove its etcd member: etcd keeps 2 members; none of them may fail',
      'delete its node',
    ])
  })

  it('may be an etcd member whose host and node are gone from file and cluster', () => {
    const whole = aCluster()
    const cluster = { ...whole, hosts: whole.hosts.filter(({ name }) => name !== 'cp3') }
    const { nodes } = standingOf(whole)
    const standing = {
      ...standingOf(whole),
      ...withUnhealthy(whole, 'cp3'),
      nodes: nodes.filter(({ name }) => name !== 'cp3'),
    }
    const found = planRemoval(
      cluster,
      joinedFacts(cluster),
      { presence: present(standing), unanswered: [noAnswer('cp3')] },
      { hosts: ['cp3'], dead: ['cp3'], drain: DRAIN_DEFAULTS },
    )
    expect(found.problems).toEqual([])
    expect(found.changes[0]?.action).toContain('remove its etcd member')
  })

  it('is told to be refused if it comes back', () => {
    expect(plan(['cp3'], dead).warnings).toContain(
      'cp3 is taken for dead: it is not reset, and if it comes back it is refused until it is',
    )
  })

  it('that answers is not dead', () => {
    const found = plan(['w1'], { dead: ['w1'] })
    expect(found.problems).toMatchObject([{ code: 'REMOVAL_REFUSED', host: 'w1' }])
    expect(found.changes).toEqual([])
  })

  it('is dead although another machine has its address by now, on which nothing is done', () => {
    const facts = { w1: { machineId: 'another' } }
    expect(messages(plan(['w1'], { facts }))).toEqual([
      'another machine answers at 192.0.2.21 (machine-id another)',
    ])
    const found = plan(['w1'], { facts, dead: ['w1'] })
    expect(found.problems).toEqual([])
    expect(found.changes.map(({ phase }) => phase)).toEqual(['Drain', 'Nodes'])
    expect(found.leaving[0]?.host.machineId).toBe('machine-w1')
  })

  it('must be vouched for', () => {
    expect(plan(['w1'], { away: ['w1'] }).problems).toMatchObject([{ code: 'HOST_AWAY', host: 'w1' }])
  })

  it('does not hide that the login fails', () => {
    const cluster = aCluster()
    const found = planRemoval(
      cluster,
      joinedFacts(cluster).filter(({ host }) => host !== 'w1'),
      { presence: present(standingOf(cluster)), unanswered: [noAnswer('w1', 'SSH_AUTHENTICATION_FAILED')] },
      { hosts: ['w1'], dead: [], drain: DRAIN_DEFAULTS },
    )
    expect(found.problems).toMatchObject([{ code: 'SSH_AUTHENTICATION_FAILED' }])
  })

  it('elsewhere does not keep another host from leaving', () => {
    const found = plan(['w1'], { away: ['w2'] })
    expect(found.problems).toEqual([])
    expect(found.warnings).toEqual(['w2: it does not answer (no answer), and is left out'])
  })
})

describe('a host that was removed before', () => {
  const cluster = aCluster()
  const { nodes } = standingOf(cluster)

  it('is gone if it is bare and the cluster does not know it', () => {
    const found = plan(['w1'], {
      standing: { nodes: nodes.filter(({ name }) => name !== 'w1') },
      facts: { w1: bareFacts('w1', { claimedBy: undefined, apiServer: undefined } as never) },
    })
    expect(found).toMatchObject({ gone: ['w1'], leaving: [], changes: [], problems: [] })
  })

  it('is gone although nothing but the record of its removal has its name', () => {
    const removed = [{ name: 'w9', removedAt: '2026-11-26T00:00:00Z' }]
    expect(plan(['w9'], { standing: { removed } })).toMatchObject({ gone: ['w9'], problems: [] })
  })

  it('is reset if it still has its old state, although the cluster does not know it', () => {
    const found = plan(['w1'], { standing: { nodes: nodes.filter(({ name }) => name !== 'w1') } })
    expect(found.changes.map(({ phase }) => phase)).toEqual(['Reset', 'Claims'])
  })
})

it('a name that nobody knows is refused, with those that there are', () => {
  const [problem] = plan(['w7']).problems
  expect(problem).toMatchObject({ code: 'HOST_UNKNOWN', hint: 'the hosts are cp1, cp2, cp3, w1, w2, lb1' })
})

describe('the removal of a load balancer', () => {
  it('is refused for the last one', () => {
    expect(messages(plan(['lb1']))).toEqual([
      'no load balancer would be left: nothing would answer at the control plane endpoint',
    ])
  })

  it('is refused if no other one answers', () => {
    expect(messages(plan(['lb1'], { cluster: twoBalancers, away: ['lb2'] }))).toContain(
      'of the load balancers that stay (lb2) none answers',
    )
  })

  it('hands the virtual address over before it tells the others', () => {
    const virtualAddress = { address: '192.0.2.200', prefixLength: 24, routerId: 51 }
    const cluster = {
      ...twoBalancers,
      loadBalancer: { ...twoBalancers.loadBalancer, virtualAddress },
    } as Cluster
    expect(lines(plan(['lb2'], { cluster }))).toEqual([
      'lb2: Drain: stop balancing; 192.0.2.200 moves to another balancer',
      expect.stringContaining('lb2: Reset'),
      'lb2: Claims: give the host back',
      'lb1: Load balancer backends: share the endpoint no longer with lb2',
    ])
  })

  it('without a virtual address leaves the DNS entry to the operator', () => {
    expect(plan(['lb2'], { cluster: twoBalancers }).warnings).toEqual([
      expect.stringMatching(/^take 192\.0\.2\.102 out of the DNS entry of api\.prod\.lab:6443/),
    ])
  })
})

describe('the removal of an etcd host', () => {
  const cluster = aClusterWithEtcdHosts()
  const paths = ['/var/lib/etcd/member', '/etc/kubernetes/pki/etcd/ca.crt']
  const withKey = [...paths, '/etc/kubernetes/pki/etcd/ca.key']
  const etcdServers = cluster.etcd.topology === 'external' ? cluster.etcd.endpoints : []
  const facts = {
    e1: { paths: withKey },
    e2: { paths },
    e3: { paths },
    cp1: { etcdServers },
    cp2: { etcdServers },
  }

  it('gives the API servers the endpoints that stay', () => {
    const { staying, problems } = plan(['e3'], { cluster, facts })
    expect(problems).toEqual([])
    expect(staying?.staleEndpoints.map(({ name }) => name)).toEqual(['cp1', 'cp2'])
  })

  it("keeps the key of etcd's CA", () => {
    expect(plan(['e1'], { cluster, facts }).staying?.keeper?.name).toBe('e2')
    expect(plan(['e3'], { cluster, facts }).staying?.keeper).toBeUndefined()
  })

  it("says so if the key of etcd's CA dies with it", () => {
    const found = plan(['e1'], {
      cluster,
      facts,
      away: ['e1'],
      dead: ['e1'],
      standing: withUnhealthy(cluster, 'e1'),
    })
    expect(found.warnings).toEqual(
      expect.arrayContaining([expect.stringContaining("the key of etcd's CA is lost with the dead host")]),
    )
  })
})

it('a host of the file that has never joined is not expected in the cluster', () => {
  const cluster = aCluster()
  const { nodes } = standingOf(cluster)
  const found = plan(['w1'], { standing: { nodes: nodes.filter(({ name }) => name !== 'w2') } })
  expect(found.staying?.cluster.hosts.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3', 'lb1'])
})

it('says which hosts do not answer if nobody knows of a cluster', () => {
  const cluster = aCluster()
  const { problems } = planRemoval(
    cluster,
    [],
    { presence: { kind: 'absent' }, unanswered: [noAnswer('cp1')] },
    { hosts: ['w1'], dead: [], drain: DRAIN_DEFAULTS },
  )
  expect(problems).toMatchObject([{ code: 'SSH_UNREACHABLE', host: 'cp1' }])
})

it('nothing is removed from a cluster that does not answer', () => {
  const cluster = aCluster()
  const presence = { kind: 'unreadable', host: 'cp1', reason: 'no answer' } as const
  const found = planRemoval(
    cluster,
    joinedFacts(cluster),
    { presence, unanswered: [] },
    { hosts: ['w1'], dead: [], drain: DRAIN_DEFAULTS },
  )
  expect(found).toMatchObject({ changes: [], problems: [{ code: 'CLUSTER_UNREADABLE', host: 'cp1' }] })
})
