/** Renewals of certificates: due ones, all of them, and those of clusters that are down. */
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { aCluster, aClusterWithEtcdHosts } from '../clusters.js'
import { agedCertificates } from '../aged-facts.js'
import { failing, fakeActivities } from '../fake-activities.js'
import { joinedFacts } from '../standings.js'
import { decide } from '../conversation.js'
import { apply, telling, untilState, type Hosts, type Recording } from './recording.js'
import { named, running } from './topologies.js'

const obey = fakeActivities().activities
const small = (name: string) => aCluster({ name, hosts: named('cp1', 'cp2', 'cp3', 'w1', 'lb1') })

/** A renewal of a cluster whose certificates have so many days left. */
function renewal(
  cluster: Cluster,
  days: number,
  hosts: Hosts = {},
  more: Partial<Recording> = {},
): Recording {
  const facts = joinedFacts(cluster, agedCertificates(cluster, days))
  return {
    ...apply(cluster, { ...running(cluster), ...telling(facts), ...hosts }),
    kind: 'renew',
    review: false,
    request: { hosts: [], all: false },
    ...more,
  }
}

const down: Hosts = {
  readStanding: () => Promise.resolve({ kind: 'unreadable', host: 'cp1', reason: 'connection refused' }),
}

/** By name, which is also the name of the file. */
export const RENEWALS: Readonly<Record<string, (name: string) => Recording>> = {
  'renew-due': (name) => renewal(small(name), 20),
  'renew-reviewed': (name) =>
    renewal(
      small(name),
      20,
      {},
      {
        review: true,
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'approve', {})
        },
      },
    ),
  'renew-all': (name) => renewal(small(name), 300, {}, { request: { hosts: ['cp1', 'cp2'], all: true } }),
  'renew-etcd-hosts': (name) => renewal(aClusterWithEtcdHosts({ name }), 20),
  'renew-restarts-api-server': (name) =>
    renewal(small(name), 20, {
      renewControlPlane: (_: Cluster, host: Host) =>
        Promise.resolve({ changed: true, summary: 'renewed', mustRestart: host.name === 'cp2' }),
    }),
  'renew-parked': (name) =>
    renewal(
      small(name),
      20,
      { renewControlPlane: failing(obey.renewControlPlane, 'cp2') },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'retryStep', {})
        },
      },
    ),
  'renew-everything-ended': (name) => renewal(small(name), -10, down),
  'renew-etcd-hosts-ended': (name) => renewal(aClusterWithEtcdHosts({ name }), -10, down),
  'renew-nothing-to-change': (name) => renewal(small(name), 300),
  'renew-unknown-host': (name) =>
    renewal(small(name), 20, {}, { request: { hosts: ['cp9'], all: false }, ends: 'PREFLIGHT_FAILED' }),
  'plan-renewal': (name) =>
    renewal(small(name), 20, {}, { kind: 'plan', request: { renew: { hosts: [], all: false } } }),
}
