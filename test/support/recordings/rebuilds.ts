/** Rebuilds of clusters of which no control plane is left: from an archive, parked, and refused. */
import type { Cluster } from '../../../src/cluster/model.js'
import type { ArchivedCluster } from '../../../src/planning/rebuild/archived-cluster.js'
import { anArchivedCluster } from '../archived-clusters.js'
import { aCluster } from '../clusters.js'
import { failing, fakeActivities } from '../fake-activities.js'
import { aSnapshotRecord } from '../member-statuses.js'
import { decide } from '../conversation.js'
import { apply, untilState, type Hosts, type Recording } from './recording.js'
import { named } from './topologies.js'

const obey = fakeActivities().activities
const small = (name: string) => aCluster({ name, hosts: named('cp1', 'cp2', 'cp3', 'w1', 'lb1') })

function rebuild(cluster: Cluster, hosts: Hosts = {}, more: Partial<Recording> = {}): Recording {
  const archived = anArchivedCluster({ record: { ...aSnapshotRecord('cp2'), cluster: cluster.name } })
  const lookAtArchive = (): Promise<ArchivedCluster> => Promise.resolve(archived)
  const request = { archive: '/backups/prod.tar.age', identity: '/keys/backup.txt', confirmed: cluster.name }
  return {
    ...apply(cluster, { lookAtArchive, ...hosts }),
    kind: 'rebuild',
    review: false,
    request,
    ...more,
  }
}

/** By name, which is also the name of the file. */
export const REBUILDS: Readonly<Record<string, (name: string) => Recording>> = {
  'rebuild-from-archive': (name) => rebuild(small(name)),
  'rebuild-parked': (name) =>
    rebuild(
      small(name),
      { initControlPlane: failing(obey.initControlPlane, 'cp1') },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'retryStep', {})
        },
      },
    ),
  'rebuild-of-living-cluster': (name) =>
    rebuild(
      small(name),
      {
        lookAtArchive: () =>
          Promise.resolve(
            anArchivedCluster({ record: { ...aSnapshotRecord('cp2'), cluster: name }, isServed: true }),
          ),
      },
      { ends: 'PREFLIGHT_FAILED' },
    ),
  'rebuild-unconfirmed': (name) =>
    rebuild(
      small(name),
      {},
      {
        request: { archive: '/backups/prod.tar.age', identity: '/keys/backup.txt' },
        ends: 'RESTORE_REFUSED',
      },
    ),
}
