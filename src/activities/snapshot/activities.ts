/** The steps of snapshots of etcd. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { ArchiveSources } from '../../archives/contents.js'
import type { SnapshotCopy } from '../../cluster/snapshots.js'
import type { MemberStatus } from '../../facts/etcd-status.js'
import type { SnapshotOrder } from '../../hosts/etcd/snapshots/take.js'
import { memberStatus } from '../../hosts/etcd/status.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { OnHost } from '../frame/on-host.js'
import { archiveSnapshot, pruneArchivesOf, type ArchiveStep } from './archive.js'
import {
  keepSnapshot,
  pruneSnapshotsOf,
  takeSnapshotOnce,
  type RemovedSnapshots,
  type SnapshotStep,
} from './on-hosts.js'

/** By the names that workflows call. */
export function snapshotActivities(look: OnHost, change: OnHost) {
  return {
    lookAtMember: (cluster: Cluster, host: Host): Promise<MemberStatus> =>
      look(cluster, host, ({ session }) => memberStatus(session)),
    takeSnapshot: (cluster: Cluster, host: Host, order: SnapshotOrder): Promise<SnapshotStep> =>
      change(cluster, host, (context) => takeSnapshotOnce(context, order)),
    /** `from`: the host that has it. */
    keepSnapshot: (cluster: Cluster, host: Host, from: Host, record: SnapshotRecord): Promise<StepOutcome> =>
      change(cluster, host, (context) => keepSnapshot(context, from, record)),
    archiveSnapshot: (
      cluster: Cluster,
      host: Host,
      copy: SnapshotCopy,
      sources: ArchiveSources,
    ): Promise<ArchiveStep> => change(cluster, host, (context) => archiveSnapshot(context, copy, sources)),
    pruneArchives: (
      cluster: Cluster,
      host: Host,
      copy: SnapshotCopy,
      verified: string,
    ): Promise<RemovedSnapshots> =>
      change(cluster, host, (context) => pruneArchivesOf(context, copy, verified)),
    /** `verified`: the name of the newest snapshot that was verified. */
    pruneSnapshots: (cluster: Cluster, host: Host, verified: string): Promise<RemovedSnapshots> =>
      change(cluster, host, (context) => pruneSnapshotsOf(context, verified)),
  }
}
