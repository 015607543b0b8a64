import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeLeavingMember } from '../../../src/activities/remove-member.js'
import { KEPT_CONFIGURATION } from '../../../src/facts/kept-configuration.js'
import { hostContext, type HostContext } from '../../../src/hosts/context.js'
import type { Host } from '../../../src/cluster/model.js'
import type { Session } from '../../../src/ssh/session.js'
import { aClusterWithEtcdHosts, aHost } from '../../support/clusters.js'
import { MemoryCluster } from '../../support/memory-cluster.js'
import { scriptedSession, type Answers } from '../../support/scripted-session.js'

let api: MemoryCluster
beforeEach(async () => {
  api = await MemoryCluster.start()
  const { namespace, cluster } = KEPT_CONFIGURATION
  api.add(`/api/v1/namespaces/${namespace}/configmaps/${cluster.name}`, { data: {} })
})
afterEach(() => api.close())

interface Etcd {
  readonly members?: readonly string[]
  readonly healthy?: readonly string[]
  readonly learner?: string
  readonly leader?: string
}

/** IDs as etcd has them: hexadecimal, and larger than a JavaScript number. */
const ID = { cp1: '8e9e05c52164694d', cp2: 'fd422379fda50e48', cp3: 'a1b2c3d4e5f60718' } as Readonly<
  Record<string, string>
>
const idOf = (name: string) => ID[name] ?? name

/** An etcd with these members, and what is asked of it. */
function etcd({ members = ['cp1', 'cp2', 'cp3'], healthy = members, learner, leader = 'cp1' }: Etcd = {}) {
  const left = new Set(members)
  const changes: string[] = []
  const line = (name: string) => {
    const { internalAddress } = aHost(name)
    return `${idOf(name)}, started, ${name}, https://${internalAddress}:2380, https://${internalAddress}:2379, ${String(name === learner)}`
  }
  const answers: Answers = [
    ['member list', () => [...left].map(line).join('\n')],
    [
      'endpoint health',
      () =>
        JSON.stringify(
          healthy.map((name) => ({ endpoint: `https://${aHost(name).internalAddress}:2379`, health: true })),
        ),
    ],
    ['endpoint status', `"ClusterID" : 1\n"Leader" : ${BigInt(`0x${idOf(leader)}`)}\n`],
    ...members.flatMap((name) => [
      [`move-leader ${idOf(name)}`, () => note(`${name} leads`)] as const,
      [
        `member remove ${idOf(name)}`,
        () => {
          left.delete(name)
          return note(`${name} removed`)
        },
      ] as const,
    ]),
  ]
  const note = (change: string) => {
    changes.push(change)
    return ''
  }
  return { changes, answers }
}

function stepOn(answers: Answers, sessions: Readonly<Record<string, Session>> = {}): HostContext {
  const host = api.api.session.host
  const session = { ...api.api.session, run: scriptedSession(host, answers).run }
  return hostContext({
    cluster: api.clusterFile,
    host,
    session,
    sessions: {
      session: (other: Host) => Promise.resolve(sessions[other.name] ?? session),
      close: () => Promise.resolve(),
    },
    operation: 'test',
    signal: new AbortController().signal,
    isCancelled: () => false,
    patience: { components: 1, etcd: 1_200, node: 1, runtime: 1 },
    report: () => undefined,
  })
}

describe('the etcd member of a control plane that leaves', () => {
  it('is removed, and the list of members shows it', async () => {
    const { changes, answers } = etcd()
    expect(await removeLeavingMember(stepOn(answers), aHost('cp3'))).toEqual({
      changed: true,
      summary: 'removed the etcd member cp3',
    })
    expect(changes).toEqual(['cp3 removed'])
  })

  it('passes the leadership on first, to a member that is healthy', async () => {
    const { changes, answers } = etcd({
      leader: 'cp3',
      members: ['cp1', 'cp2', 'cp3', 'cp4'],
      healthy: ['cp2', 'cp3', 'cp4'],
    })
    await removeLeavingMember(stepOn(answers), aHost('cp3'))
    expect(changes).toEqual(['cp2 leads', 'cp3 removed'])
  })

  it('is never removed at the cost of quorum', async () => {
    const { changes, answers } = etcd({ healthy: ['cp1', 'cp3'] })
    await expect(removeLeavingMember(stepOn(answers), aHost('cp3'))).rejects.toMatchObject({
      code: 'ETCD_QUORUM_AT_RISK',
      message: 'without cp3 etcd would have 1 healthy of 2 voters, 2 are needed; not healthy: cp2',
    })
    expect(changes).toEqual([])
  })

  it('waits while another member is being added', async () => {
    const { changes, answers } = etcd({ learner: 'cp2' })
    await expect(removeLeavingMember(stepOn(answers), aHost('cp3'))).rejects.toMatchObject({
      code: 'ETCD_QUORUM_AT_RISK',
      message: 'etcd member cp2 is still a learner',
    })
    expect(changes).toEqual([])
  })

  it('is gone already the second time', async () => {
    const { changes, answers } = etcd({ members: ['cp1', 'cp2'] })
    expect(await removeLeavingMember(stepOn(answers), aHost('cp3'))).toEqual({
      changed: false,
      summary: 'etcd has no member of cp3',
    })
    expect(changes).toEqual([])
  })

  it('does not count as gone if the control plane that is asked has lost the data of the cluster', async () => {
    api.objects.clear()
    const { answers } = etcd({ members: ['cp1'] })
    await expect(removeLeavingMember(stepOn(answers), aHost('cp3'))).rejects.toMatchObject({
      code: 'ETCD_DATA_LOST',
    })
  })
})

describe('an etcd host that leaves', () => {
  it("gives the key of etcd's CA to another one before its member is removed", async () => {
    const { changes, answers } = etcd({ members: ['e1', 'e2', 'e3'] })
    const written: Record<string, string> = {}
    const from = {
      ...scriptedSession(aHost('e1'), answers),
      readFile: () => Promise.resolve(Buffer.from('the key')),
    }
    const to: Session = {
      ...scriptedSession(aHost('e2'), answers),
      writeFile: (path, content, { mode }) => {
        written[`${path} ${mode.toString(8)}`] = content.toString()
        changes.push('key kept')
        return Promise.resolve(true)
      },
    }
    const { hosts, etcd: place } = aClusterWithEtcdHosts()
    const context = {
      ...stepOn(answers, { e1: from, e2: to }),
      cluster: { ...api.clusterFile, hosts, etcd: place },
    }
    expect(await removeLeavingMember(context, aHost('e1'), aHost('e2'))).toMatchObject({ changed: true })
    expect(written).toEqual({ '/etc/kubernetes/pki/etcd/ca.key 600': 'the key' })
    expect(changes).toEqual(['key kept', 'e1 removed'])
  })
})
