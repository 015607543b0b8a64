/** Resets of single hosts, and ends of whole clusters. */
import type { Cluster } from '../../../src/cluster/model.js'
import { aCluster, aClusterWithEtcdHosts } from '../clusters.js'
import { fakeActivities, failing } from '../fake-activities.js'
import { finishedCluster } from '../finished-cluster.js'
import { present, standingOf } from '../standings.js'
import { decide } from '../conversation.js'
import { apply, untilState, type Hosts, type Recording } from './recording.js'
import { named, running } from './topologies.js'

const obey = fakeActivities().activities
const SMALL = ['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1']
const small = (name: string) => aCluster({ name, hosts: named(...SMALL) })

/** The end of a cluster. */
function end(cluster: Cluster, hosts: Hosts = {}, more: Partial<Recording> = {}): Recording {
  const request = { hosts: [], all: true, confirmed: cluster.name, packages: false }
  return {
    ...apply(cluster, { ...running(cluster), ...hosts }),
    kind: 'reset',
    review: false,
    request,
    ...more,
  }
}

/** The reset of hosts of a cluster of which `w1` has never become a part. */
function ofHosts(cluster: Cluster, names: readonly string[], more: Partial<Recording> = {}): Recording {
  const standing = standingOf(cluster)
  const nodes = standing.nodes.filter(({ name }) => name !== 'w1')
  const readStanding = () => Promise.resolve(present({ ...standing, nodes }))
  return end(cluster, { readStanding }, { request: { hosts: names, all: false, packages: false }, ...more })
}

/** By name, which is also the name of the file. */
export const RESETS: Readonly<Record<string, (name: string) => Recording>> = {
  'reset-all': (name) => end(small(name)),
  'reset-all-with-packages': (name) => {
    const cluster = aClusterWithEtcdHosts({ name })
    return end(cluster, {}, { request: { hosts: [], all: true, confirmed: name, packages: true } })
  },
  'reset-all-host-left-out': (name) => {
    const cluster = small(name)
    const talk: Recording['talk'] = async (run) => {
      await untilState(run, 'blocked')
      await decide(run, 'skipStep', { step: 'stop/w2', reason: 'it burnt down' })
    }
    return end(cluster, finishedCluster(cluster, { away: new Set(['w2']) }), { talk })
  },
  'reset-all-host-comes-back': (name) => {
    const cluster = small(name)
    const away = new Set(['w2'])
    const talk: Recording['talk'] = async (run) => {
      await untilState(run, 'blocked')
      away.delete('w2')
      await decide(run, 'retryStep', {})
    }
    return end(cluster, finishedCluster(cluster, { away }), { talk })
  },
  'reset-all-parked': (name) =>
    end(
      small(name),
      { resetHost: failing(obey.resetHost, 'w1') },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'retryStep', {})
        },
      },
    ),
  'reset-all-unconfirmed': (name) =>
    end(small(name), {}, { request: { hosts: [], all: true, packages: false }, ends: 'RESET_REFUSED' }),
  'reset-worker-reviewed': (name) =>
    ofHosts(small(name), ['w1'], {
      review: true,
      talk: async (run) => {
        await untilState(run, 'blocked')
        await decide(run, 'approve', {})
      },
    }),
  'reset-living-worker': (name) => ofHosts(small(name), ['w2'], { ends: 'PREFLIGHT_FAILED' }),
  'plan-reset-all': (name) =>
    end(small(name), {}, { kind: 'plan', request: { reset: { hosts: [], all: true, packages: false } } }),
}
