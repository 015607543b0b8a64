import { describe, expect, it } from 'vitest'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../../../support/clusters.js'
import { standingOf } from '../../../support/standings.js'
import { lines, messages, plan, withSilent } from './replacement-scene.js'

const cluster = aCluster()
const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']

describe('the plan of a replacement', () => {
  it('takes a machine that answers out alive, waits for the new one, and lets it join', () => {
    const found = plan('cp2')
    expect(found.problems).toEqual([])
    expect(lines(found)).toEqual([
      'cp1: etcd snapshot: take an etcd snapshot before cp2 leaves',
      'cp2: Drain: cordon the node and evict its pods',
      'cp2: etcd members: remove its etcd member: etcd keeps 2 members; none of them may fail',
      expect.stringMatching(/^cp2: Reset: kubeadm reset/),
      'cp2: Nodes: delete its node',
      'cp2: Claims: give the host back',
      'lb1: Load balancer backends: send no more requests to cp2',
      'cp2: New machine: wait until you have reinstalled or exchanged the machine',
      'cp2: Prepare hosts: claim it; install and configure what it lacks',
      'cp2: Control planes: kubeadm join as control plane, with an etcd member',
      'lb1: Load balancers again: send requests to cp2 again',
      'cp1: Cluster DNS: spread the cluster DNS over more than one node, if it is not',
    ])
  })

  it('says what tolerance is left until the new machine has joined', () => {
    expect(plan('cp2').warnings).toEqual([
      'until cp2 has joined again, etcd keeps 2 members; none of them may fail; do nothing else to the others meanwhile',
    ])
  })

  it('does not wait where the machine stays the same', () => {
    expect(plan('cp2', { request: { inPlace: true } }).exchange?.isAwaited).toBe(false)
  })

  it('does nothing on a machine that was reinstalled already, and does not wait for it', () => {
    const found = plan('cp2', { reinstalled: ['cp2'], standing: withSilent(cluster, 'cp2') })
    expect(found.problems).toEqual([])
    expect(found.exchange).toMatchObject({ isAwaited: false, old: { state: 'gone' } })
    expect(lines(found)).toContain('cp2: Drain: give up its pods and volumes')
    expect(lines(found).filter((line) => line.includes('Reset'))).toEqual([])
  })

  it('knows the same machine as wiped once it has nothing of the cluster', () => {
    const found = plan('cp2', { wiped: ['cp2'], standing: withSilent(cluster, 'cp2') })
    expect(found.exchange).toMatchObject({ isAwaited: false, old: { state: 'gone' } })
  })

  it('goes on after a removal that was cut off before the node was deleted', () => {
    const { members = [] } = standingOf(cluster)
    const found = plan('cp2', {
      reinstalled: ['cp2'],
      standing: { members: members.filter(({ name }) => name !== 'cp2') },
    })
    expect(found.problems).toEqual([])
    expect(found.changes.map(({ phase }) => phase)).not.toContain('etcd members')
    expect(lines(found)).toContain('cp2: Nodes: delete its node')
    expect(found.exchange?.snapshotHost).toBeUndefined()
  })

  it('only lets the new machine join once nothing is left of the old one', () => {
    const { members = [], nodes } = standingOf(cluster)
    const others = <Named extends { name: string }>(all: readonly Named[]) =>
      all.filter(({ name }) => name !== 'cp2')
    const found = plan('cp2', {
      reinstalled: ['cp2'],
      standing: { members: others(members), nodes: others(nodes) },
    })
    expect(found.exchange).toMatchObject({ old: { state: 'none' }, isAwaited: false })
    expect(new Set(found.changes.map(({ phase }) => phase))).toEqual(
      new Set(['Prepare hosts', 'Control planes', 'Load balancers again', 'Cluster DNS']),
    )
  })

  it('looks for the old machine where the cluster has it, if the file has another address', () => {
    const moved = aHost('cp2', { address: '192.0.2.77', internalAddress: '192.0.2.77' })
    const file = aCluster({ hosts: cluster.hosts.map((host) => (host.name === 'cp2' ? moved : host)) })
    const { exchange, problems } = plan('cp2', {
      file,
      away: { cp2: 'SSH_UNREACHABLE' },
      standing: withSilent(cluster, 'cp2'),
      request: { isDead: true },
    })
    expect(problems).toEqual([])
    expect(exchange?.old.host).toMatchObject({ address: '192.0.2.12', internalAddress: '192.0.2.12' })
    expect(exchange?.old.member?.name).toBe('cp2')
    expect(exchange?.host.address).toBe('192.0.2.77')
  })

  it('does not wait for hosts of the file that were never applied', () => {
    const file = aCluster({ hosts: [...cluster.hosts, aHost('w9')] })
    expect(plan('w1', { file }).exchange?.target.hosts.map(({ name }) => name)).not.toContain('w9')
  })
})

describe('any control plane, whichever init ran on,', () => {
  it.each(CONTROL_PLANES)('is %s: its new machine joins, and is never initialised', (name) => {
    const found = plan(name, { reinstalled: [name], standing: withSilent(cluster, name) })
    expect(found.problems).toEqual([])
    expect(lines(found)).toContain(
      `${name}: Control planes: kubeadm join as control plane, with an etcd member`,
    )
    expect(found.changes.filter(({ phase }) => phase === 'First control plane')).toEqual([])
    expect(found.exchange?.staying.apiHost.name).not.toBe(name)
  })
})

describe('a replacement is refused', () => {
  const dead = { away: { cp2: 'SSH_UNREACHABLE' }, standing: withSilent(cluster, 'cp2') } as const
  const isDead = { request: { isDead: true } }

  it('of a host that the file does not have', () => {
    expect(messages(plan('cp9'))).toEqual(['there is no host cp9 in the cluster file'])
  })

  it('of a machine that does not answer, unless the operator vouches for it', () => {
    expect(messages(plan('cp2', dead))).toEqual(['its machine does not answer (no answer)'])
    expect(plan('cp2', { ...dead, ...isDead }).problems).toEqual([])
  })

  it('of a machine that is alive and said to be dead', () => {
    expect(messages(plan('cp2', isDead))).toEqual(['it answers, so it is not dead'])
  })

  it('of a machine whose member of etcd still answers', () => {
    expect(messages(plan('cp2', { away: { cp2: 'SSH_UNREACHABLE' }, ...isDead }))).toEqual([
      'its etcd member still answers, so its machine lives',
    ])
  })

  it('of the only control plane', () => {
    const small = aCluster({ hosts: ['cp1', 'w1', 'lb1'].map((name) => aHost(name)) })
    expect(messages(plan('cp1', { cluster: small }))).toContain('no control plane would be left')
  })

  it('where etcd would lose its majority', () => {
    const found = plan('cp2', { standing: withSilent(cluster, 'cp3') })
    expect(messages(found)).toEqual([expect.stringContaining('without cp2 etcd would have 1 healthy of 2')])
  })

  it('of the only load balancer while it runs, but not of a fresh one', () => {
    expect(messages(plan('lb1'))).toEqual([expect.stringContaining('no load balancer would be left')])
    const fresh = plan('lb1', { reinstalled: ['lb1'] })
    expect(fresh.problems).toEqual([])
    expect(new Set(fresh.changes.map(({ phase }) => phase))).toEqual(new Set(['Load balancer']))
  })

  it("of a dead etcd host that alone had the key of etcd's CA", () => {
    const external = aClusterWithEtcdHosts()
    const paths = ['/var/lib/etcd/member', '/etc/kubernetes/pki/etcd/ca.crt']
    const found = plan('e1', {
      cluster: external,
      facts: { e2: { paths }, e3: { paths } },
      away: { e1: 'SSH_UNREACHABLE' },
      standing: withSilent(external, 'e1'),
      ...isDead,
    })
    expect(messages(found)).toEqual([expect.stringContaining("no other etcd host has the key of etcd's CA")])
  })

  it('of one machine while the new one of another has not joined', () => {
    const { members = [] } = standingOf(cluster)
    const unfinished = members.map((member) => ({ ...member, learner: member.name === 'cp3' }))
    expect(messages(plan('cp2', { standing: { members: unfinished } }))).toContain(
      'etcd member cp3 is still a learner',
    )
  })
})

describe('another SSH host key at the address', () => {
  const scene = { away: { cp2: 'SSH_HOST_KEY_CHANGED' }, standing: withSilent(cluster, 'cp2') } as const

  it('counts as another machine, which is waited for until its key is known', () => {
    const found = plan('cp2', scene)
    expect(found.problems).toEqual([])
    expect(found.exchange?.isAwaited).toBe(true)
    expect(found.warnings).toContainEqual(expect.stringContaining('another SSH host key is shown'))
  })
})
