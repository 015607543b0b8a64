/** Snapshots of etcd: on hosts, in other places, and where hosts or places do not do as they should. */
import type { Cluster } from '../../../src/cluster/model.js'
import type { SnapshotSettings } from '../../../src/cluster/snapshots.js'
import { aCluster, aClusterWithEtcdHosts } from '../clusters.js'
import { failing, fakeActivities, hopeless } from '../fake-activities.js'
import { joinedFacts } from '../standings.js'
import { decide } from '../conversation.js'
import { apply, telling, untilState, type Hosts, type Recording } from './recording.js'
import { named, running } from './topologies.js'

const obey = fakeActivities().activities
const small = (name: string) => aCluster({ name, hosts: named('cp1', 'cp2', 'cp3', 'w1', 'lb1') })

const SETTINGS: SnapshotSettings = {
  keep: { count: 7, days: 30 },
  encryptTo: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'],
  copies: [
    { kind: 'folder', folder: '/srv/backups' },
    {
      kind: 's3',
      bucket: 'backups',
      region: 'us-east-1',
      prefix: 'prod/',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: { env: 'S3_SECRET' },
    },
  ],
}

/** A snapshot of a running cluster. */
function snapshot(cluster: Cluster, hosts: Hosts = {}, more: Partial<Recording> = {}): Recording {
  return {
    ...apply(cluster, { ...running(cluster), ...telling(joinedFacts(cluster)), ...hosts }),
    kind: 'snapshot',
    request: { clusterFile: 'kind: Cluster\n', mayBeBehind: false },
    ...more,
  }
}

const fullOnce = () => {
  let left = 1
  return (cluster: Cluster, ...more: never[]) => {
    left -= 1
    const refused = hopeless('COPY_REFUSED', 'no space left on device', 'cp2')
    return left < 0
      ? (obey.archiveSnapshot as (...all: unknown[]) => Promise<unknown>)(cluster, ...more)
      : Promise.reject(refused)
  }
}

const retried: Partial<Recording> = {
  talk: async (run) => {
    await untilState(run, 'blocked')
    await decide(run, 'retryStep', {})
  },
}

/** By name, which is also the name of the file. */
export const SNAPSHOTS: Readonly<Record<string, (name: string) => Recording>> = {
  'snapshot-on-hosts': (name) => snapshot(small(name)),
  'snapshot-with-archives': (name) => snapshot({ ...small(name), snapshots: SETTINGS }),
  'snapshot-archive-parked': (name) =>
    snapshot({ ...small(name), snapshots: SETTINGS }, { archiveSnapshot: fullOnce() }, retried),
  'snapshot-archive-left-out': (name) =>
    snapshot(
      { ...small(name), snapshots: SETTINGS },
      { archiveSnapshot: () => Promise.reject(hopeless('COPY_REFUSED', 'access denied', 'cp2')) },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'skipStep', { step: 'encrypted-copies/cp2', reason: 'the bucket is gone' })
        },
      },
    ),
  'snapshot-kept-by-one-host': (name) =>
    snapshot(small(name), { keepSnapshot: failing(obey.keepSnapshot, 'cp3') }),
  'snapshot-kept-by-none': (name) =>
    snapshot(
      small(name),
      { keepSnapshot: () => Promise.reject(hopeless('DISK_FULL', 'the disk is full', 'cp1')) },
      { ends: 'SNAPSHOT_NOT_COPIED' },
    ),
  'snapshot-parked': (name) =>
    snapshot(small(name), { takeSnapshot: failing(obey.takeSnapshot, 'cp2') }, retried),
  'snapshot-etcd-hosts': (name) => snapshot(aClusterWithEtcdHosts({ name })),
  'snapshot-without-api': (name) =>
    snapshot(small(name), {
      readStanding: () => Promise.resolve({ kind: 'unreadable', host: 'cp1', reason: 'connection refused' }),
    }),
  'snapshot-no-member': (name) =>
    snapshot(
      small(name),
      { lookAtMember: () => Promise.reject(hopeless('ETCD_UNREACHABLE', 'no etcd container runs', 'cp1')) },
      { ends: 'PREFLIGHT_FAILED' },
    ),
  'plan-snapshot': (name) =>
    snapshot(
      { ...small(name), snapshots: SETTINGS },
      {},
      { kind: 'plan', request: { snapshot: { clusterFile: '', mayBeBehind: false } } },
    ),
}
