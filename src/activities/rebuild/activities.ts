/** The steps of rebuilds that an apply does not have. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { ArchiveReference, Seed } from '../../operations/rebuild/request.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { ArchivedCluster } from '../../planning/rebuild/archived-cluster.js'
import type { OnHost } from '../frame/on-host.js'
import { lookAtArchive } from './look-at-archive.js'
import { unpackSnapshot } from './unpack-snapshot.js'

/** By the names that workflows call. */
export function rebuildActivities(look: OnHost, change: OnHost) {
  return {
    /** The cluster has the copies of its file, by whose places archives are found. */
    lookAtArchive: (cluster: Cluster, host: Host, reference: ArchiveReference): Promise<ArchivedCluster> =>
      look(cluster, host, (context) => lookAtArchive(context, reference)),
    unpackSnapshot: (cluster: Cluster, host: Host, seed: Seed): Promise<StepOutcome> =>
      change(cluster, host, (context) => unpackSnapshot(context, seed)),
  }
}
