/** Defragmentations of etcd: where it pays, where it does not, and where etcd is out of space. */
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { MemberStatus } from '../../../src/facts/etcd-status.js'
import { aCluster, aClusterWithEtcdHosts } from '../clusters.js'
import { failing, fakeActivities, hopeless } from '../fake-activities.js'
import { memberStatusesOf } from '../member-statuses.js'
import { joinedFacts } from '../standings.js'
import { decide } from '../conversation.js'
import { apply, telling, untilState, type Hosts, type Recording } from './recording.js'
import { named, running } from './topologies.js'

const obey = fakeActivities().activities
const small = (name: string) => aCluster({ name, hosts: named('cp1', 'cp2', 'cp3', 'w1', 'lb1') })

const FULL_OF_NOTHING = { bytes: 600 * 2 ** 20, bytesInUse: 40 * 2 ** 20 }

/** Members that all say the same, each of its own host. */
function saying(change: Partial<MemberStatus>): Hosts {
  return {
    lookAtMember: (_: Cluster, { name }: Host) =>
      Promise.resolve(
        memberStatusesOf('cp1', 'cp2', 'cp3', 'e1', 'e2', 'e3')
          .filter(({ host }) => host === name)
          .map((one) => ({ ...one, ...change }))[0],
      ),
  }
}

function defragmentation(cluster: Cluster, hosts: Hosts = {}, more: Partial<Recording> = {}): Recording {
  return {
    ...apply(cluster, { ...running(cluster), ...telling(joinedFacts(cluster)), ...hosts }),
    kind: 'defragment',
    ...more,
  }
}

/** By name, which is also the name of the file. */
export const DEFRAGMENTATIONS: Readonly<Record<string, (name: string) => Recording>> = {
  'defragment-all': (name) => defragmentation(small(name), saying(FULL_OF_NOTHING)),
  'defragment-etcd-hosts': (name) =>
    defragmentation(aClusterWithEtcdHosts({ name }), saying(FULL_OF_NOTHING)),
  'defragment-does-not-pay': (name) => defragmentation(small(name)),
  'defragment-out-of-space': (name) =>
    defragmentation(small(name), saying({ alarms: [{ memberId: '1', alarm: 'NOSPACE' }] })),
  'defragment-parked': (name) =>
    defragmentation(
      small(name),
      { ...saying(FULL_OF_NOTHING), defragmentMember: failing(obey.defragmentMember, 'cp3') },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'retryStep', {})
        },
      },
    ),
  'defragment-refused': (name) =>
    defragmentation(
      small(name),
      {
        lookAtMember: (cluster: Cluster, host: Host) =>
          host.name === 'cp2'
            ? Promise.reject(hopeless('ETCD_UNREACHABLE', 'no etcd container runs', 'cp2'))
            : obey.lookAtMember(cluster, host),
      },
      { ends: 'PREFLIGHT_FAILED' },
    ),
  'plan-defragmentation': (name) =>
    defragmentation(small(name), saying(FULL_OF_NOTHING), { kind: 'plan', request: { defragment: {} } }),
}
