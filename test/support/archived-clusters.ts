/** What archives tell of their clusters, for tests. */
import { CLUSTER_KEYS } from '../../src/configuration/pki.js'
import type { ArchivedCluster } from '../../src/planning/rebuild/archived-cluster.js'
import { aCluster } from './clusters.js'
import { aSnapshotRecord } from './member-statuses.js'
import { standingOf } from './standings.js'

/** A whole archive of the cluster `prod`, which no longer answers. */
export function anArchivedCluster(changes: Partial<ArchivedCluster> = {}): ArchivedCluster {
  return {
    record: aSnapshotRecord('cp2'),
    configuration: standingOf(aCluster()).configuration,
    caHash: 'sha256:ca',
    files: CLUSTER_KEYS.map(({ path }) => path),
    isServed: false,
    ...changes,
  }
}
