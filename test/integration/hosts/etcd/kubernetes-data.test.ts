import { describe, expect, it } from 'vitest'
import { emptyRegistry } from '../../../../src/hosts/etcd/kubernetes-data.js'
import { etcdStanding } from '../../../../src/hosts/etcd/health.js'
import type { HostContext } from '../../../../src/hosts/context.js'
import { onHost } from '../../../../src/activities/frame/frame.js'
import type { SessionPool } from '../../../../src/ssh/session.js'
import { activity } from '../../../support/activity.js'
import { aClusterWithEtcdHosts, aHost } from '../../../support/clusters.js'
import { scriptedSession, type Answers } from '../../../support/scripted-session.js'

const cluster = aClusterWithEtcdHosts()
const member = (name: string): string => {
  const { internalAddress } = aHost(name)
  return `1, started, ${name}, https://${internalAddress}:2380, https://${internalAddress}:2379, false`
}
const WHOLE: Answers = [
  ['member list', ['e1', 'e2', 'e3'].map(member).join('\n')],
  ['endpoint health', JSON.stringify(cluster.hosts.slice(0, 3).map(healthy))],
]

function healthy({ internalAddress }: { internalAddress: string }) {
  return { endpoint: `https://${internalAddress}:2379`, health: true }
}

/** A step on cp1, where etcd was seen empty before an init of ours if `begun`. */
function onFirst<Result>(
  answers: Answers,
  begun: boolean,
  act: (context: HostContext) => Promise<Result>,
  inCluster = cluster,
) {
  const hosts: SessionPool = {
    session: (host) =>
      Promise.resolve({
        ...scriptedSession(host, answers),
        readFile: () => Promise.resolve(begun ? Buffer.from('') : undefined),
      }),
    close: () => Promise.resolve(),
  }
  return activity(() => onHost(hosts, inCluster, aHost('cp1'), act))
}

describe('an init on external etcd', () => {
  const deleted: string[] = []
  const holding = (nodes: string): Answers => [
    ['--limit', '/registry/namespaces/default'],
    ['/registry/minions/', nodes],
    [
      / del /,
      () => {
        deleted.push('/registry/')
        return ''
      },
    ],
    ...WHOLE,
  ]

  it('begins if etcd is empty', async () => {
    await onFirst(WHOLE, false, emptyRegistry)
    expect(deleted).toEqual([])
  })

  it('never begins if a cluster keeps its state there', async () => {
    const begun = onFirst(holding('/registry/minions/cp1'), false, emptyRegistry)
    await expect(begun).rejects.toMatchObject({ type: 'CLUSTER_EXISTS' })
    expect(deleted).toEqual([])
  })

  it('never begins if another node is among the remains of our own init', async () => {
    const nodes = '/registry/minions/cp1\n/registry/minions/w1'
    const begun = onFirst(holding(nodes), true, emptyRegistry)
    await expect(begun).rejects.toMatchObject({ type: 'CLUSTER_EXISTS' })
    expect(deleted).toEqual([])
  })

  it('begins again if only a failed init of ours left data, which it removes', async () => {
    await onFirst(holding('/registry/minions/cp1'), true, emptyRegistry)
    expect(deleted).toEqual(['/registry/'])
  })
})

describe('external etcd counts as healthy only', () => {
  const standing = (answers: Answers) =>
    onFirst([...answers, ...WHOLE], false, (context) => etcdStanding(context, context.session))

  it('with every etcd host a healthy voter', async () => {
    expect(await standing([])).toEqual({ trouble: undefined, members: ['e1', 'e2', 'e3'] })
  })

  it('with a member on each of them', async () => {
    const { trouble } = await standing([['member list', ['e1', 'e2'].map(member).join('\n')]])
    expect(trouble).toEqual({ host: 'e3', reason: 'its etcd member is missing' })
  })

  it('with no other members', async () => {
    const four = ['e1', 'e2', 'e3', 'e4'].map(member).join('\n')
    const healthyFour = JSON.stringify([...cluster.hosts.slice(0, 3), aHost('e4')].map(healthy))
    const { trouble } = await standing([
      ['member list', four],
      ['endpoint health', healthyFour],
    ])
    expect(trouble?.reason).toBe('etcd has a member e4, but the cluster file has no such etcd host')
  })

  it('with members that all answer', async () => {
    const { trouble } = await standing([['endpoint health', JSON.stringify([healthy(aHost('e1'))])]])
    expect(trouble).toEqual({ host: 'e2', reason: 'etcd member e2 is not healthy' })
  })

  it('with members that all answer, except one whose host is away', async () => {
    const { name, role, internalAddress } = aHost('e3')
    const without = { ...cluster, hosts: cluster.hosts.filter((host) => host.name !== 'e3') }
    const unwell: Answers = [
      ['endpoint health', JSON.stringify([healthy(aHost('e1')), healthy(aHost('e2'))])],
      ...WHOLE,
    ]
    const whole = (why: 'away' | 'not-in-file') =>
      onFirst(unwell, false, (context) => etcdStanding(context, context.session), {
        ...without,
        bystanders: [{ name, role, internalAddress, why }],
      })
    expect(await whole('away')).toEqual({ trouble: undefined, members: ['e1', 'e2', 'e3'] })
    expect((await whole('not-in-file')).trouble?.reason).toBe('etcd member e3 is not healthy')
  })
})
