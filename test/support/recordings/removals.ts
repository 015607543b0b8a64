/** Removals of every kind of host, dead and alive. */
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import { aCluster, aClusterWithEtcdHosts } from '../clusters.js'
import { failing, fakeActivities, hopeless } from '../fake-activities.js'
import { joinedFacts, present, standingOf } from '../standings.js'
import { decide } from '../conversation.js'
import { apply, telling, untilState, type Hosts, type Recording } from './recording.js'
import { named, running } from './topologies.js'

const obey = fakeActivities().activities
const WHOLE = ['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1']

function removal(
  cluster: Cluster,
  names: readonly string[],
  hosts: Hosts = {},
  more: Partial<Recording> = {},
): Recording {
  const request = { hosts: names, dead: [], drain: DRAIN_DEFAULTS }
  return {
    ...apply(cluster, { ...running(cluster), ...hosts }),
    kind: 'remove',
    review: false,
    request,
    ...more,
  }
}

/** By name, which is also the name of the file. */
export const REMOVALS: Readonly<Record<string, (name: string) => Recording>> = {
  'remove-worker': (name) => removal(aCluster({ name, hosts: named(...WHOLE) }), ['w1']),
  'remove-worker-reviewed': (name) =>
    removal(
      aCluster({ name, hosts: named(...WHOLE) }),
      ['w1'],
      {},
      {
        review: true,
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'approve', {})
        },
      },
    ),
  'remove-first-control-plane': (name) => removal(aCluster({ name, hosts: named(...WHOLE) }), ['cp1']),
  'remove-dead-control-plane': (name) => {
    const cluster = aCluster({ name, hosts: named(...WHOLE) })
    const facts = joinedFacts(cluster)
    const gatherFacts = (_: Cluster, { name: host }: Host) =>
      host === 'cp3'
        ? Promise.reject(hopeless('SSH_UNREACHABLE', 'no route to host', 'cp3'))
        : Promise.resolve(facts.find((one) => one.host === host))
    const request = { hosts: ['cp3'], dead: ['cp3'], drain: DRAIN_DEFAULTS }
    return removal(cluster, ['cp3'], { gatherFacts }, { request })
  },
  'remove-worker-not-in-file': (name) => {
    const whole = aCluster({ name, hosts: named(...WHOLE) })
    const cluster = aCluster({ name, hosts: named(...WHOLE.filter((host) => host !== 'w2')) })
    const readStanding = () => Promise.resolve(present(standingOf(whole)))
    return removal(cluster, ['w2'], { ...telling(joinedFacts(whole)), readStanding })
  },
  'remove-balancer': (name) => {
    const virtualAddress = { address: '192.0.2.200', prefixLength: 24, routerId: 51 }
    const loadBalancer = { type: 'haproxy', hosts: ['lb1', 'lb2'], virtualAddress } as const
    return removal(aCluster({ name, hosts: named(...WHOLE, 'lb2'), loadBalancer }), ['lb2'])
  },
  'remove-etcd-host': (name) => {
    const cluster = aClusterWithEtcdHosts({ name })
    const etcdServers = cluster.etcd.topology === 'external' ? cluster.etcd.endpoints : []
    return removal(
      cluster,
      ['e3'],
      telling(joinedFacts(cluster, { cp1: { etcdServers }, cp2: { etcdServers } })),
    )
  },
  'remove-drain-skipped': (name) =>
    removal(
      aCluster({ name, hosts: named(...WHOLE) }),
      ['w1', 'w2'],
      { drainNode: failing(obey.drainNode, 'w1') },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'skipStep', { step: 'drain/w1', reason: 'its pods are needed' })
        },
      },
    ),
  'remove-nothing-to-change': (name) => {
    const cluster = aCluster({ name, hosts: named(...WHOLE) })
    return removal(cluster, ['w2'], running(cluster, 'w2'))
  },
  'remove-last-control-plane': (name) =>
    removal(aCluster({ name, hosts: named('cp1', 'w1', 'lb1') }), ['cp1'], {}, { ends: 'PREFLIGHT_FAILED' }),
  'plan-removal': (name) => {
    const request = { remove: { hosts: ['cp2'], dead: [], drain: DRAIN_DEFAULTS } }
    return removal(aCluster({ name, hosts: named(...WHOLE) }), [], {}, { kind: 'plan', request })
  },
}
