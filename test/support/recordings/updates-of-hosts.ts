/** Updates of hosts: all of them, nothing to do, and one that does not come back as it was. */
import type { Cluster } from '../../../src/cluster/model.js'
import type { HostUpdates } from '../../../src/facts/updates.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import type { UpdateRequest } from '../../../src/operations/update-hosts/request.js'
import { aCluster, aClusterWithEtcdHosts } from '../clusters.js'
import { failing, fakeActivities } from '../fake-activities.js'
import { joinedFacts } from '../standings.js'
import { decide } from '../conversation.js'
import { apply, telling, untilState, type Hosts, type Recording } from './recording.js'
import { named, running } from './topologies.js'

const obey = fakeActivities().activities
const small = (name: string) => aCluster({ name, hosts: named('cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1') })

const ALL: UpdateRequest = {
  hosts: [],
  reboot: 'required',
  drain: DRAIN_DEFAULTS,
  returnTimeoutMs: 600_000,
  windows: [],
}

function update(cluster: Cluster, hosts: Hosts = {}, more: Partial<Recording> = {}): Recording {
  return {
    ...apply(cluster, { ...running(cluster), ...telling(joinedFacts(cluster)), ...hosts }),
    kind: 'update-hosts',
    review: false,
    request: ALL,
    ...more,
  }
}

/** By name, which is also the name of the file. */
export const UPDATES: Readonly<Record<string, (name: string) => Recording>> = {
  'update-hosts-all': (name) =>
    update(
      small(name),
      {},
      {
        review: true,
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'approve', {})
        },
      },
    ),
  'update-hosts-etcd-hosts': (name) => update(aClusterWithEtcdHosts({ name })),
  'update-hosts-windowed': (name) =>
    update(
      small(name),
      {},
      { request: { ...ALL, hosts: ['w1', 'w2'], maxUnavailable: '2', windows: ['daily 01:00-05:00'] } },
    ),
  'update-hosts-up-to-date': (name) =>
    update(small(name), {
      findUpdates: (): Promise<HostUpdates> =>
        Promise.resolve({ packages: [], kept: [], isInterrupted: false, ownFiles: [] }),
    }),
  'update-hosts-failed': (name) =>
    update(
      small(name),
      { updateHost: failing(obey.updateHost, 'cp2') },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'retryStep', {})
        },
      },
    ),
  'plan-update-hosts': (name) => update(small(name), {}, { kind: 'plan', request: { 'update-hosts': ALL } }),
}
