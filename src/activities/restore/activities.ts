/** The steps of restores of etcd. */
import type { Cluster, Host } from '../../cluster/model.js'
import { lookForRestore } from '../../hosts/etcd/restore/look.js'
import { soundness, type Soundness } from '../../hosts/etcd/snapshots/folder.js'
import type { DataOrder } from '../../operations/restore/data.js'
import type { RestoreLook } from '../../planning/restore/look.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { OnHost } from '../frame/on-host.js'
import {
  acceptData,
  bringControlPlaneBack,
  concludeRestore,
  putDataBack,
  restoreDataBeside,
  setControlPlaneAside,
  startRestoredMember,
  type StartedMember,
} from './control-plane.js'
import { refreshNode } from './refresh-node.js'

/** By the names that workflows call. */
export function restoreActivities(look: OnHost, change: OnHost) {
  return {
    lookForRestore: (cluster: Cluster, host: Host): Promise<RestoreLook> =>
      look(cluster, host, lookForRestore),
    /** Reads the whole file. */
    readSnapshot: (cluster: Cluster, host: Host, record: SnapshotRecord): Promise<Soundness> =>
      look(cluster, host, ({ session }) => soundness(session, record)),
    restoreData: (cluster: Cluster, host: Host, order: DataOrder): Promise<StepOutcome> =>
      change(cluster, host, (context) => restoreDataBeside(context, order)),
    setControlPlaneAside: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, setControlPlaneAside),
    /** `revision`: that of the snapshot. */
    startRestoredMember: (cluster: Cluster, host: Host, revision?: number): Promise<StartedMember> =>
      change(cluster, host, (context) => startRestoredMember(context, revision)),
    acceptData: (cluster: Cluster, host: Host): Promise<StepOutcome> => change(cluster, host, acceptData),
    bringControlPlaneBack: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, bringControlPlaneBack),
    putDataBack: (cluster: Cluster, host: Host): Promise<StepOutcome> => change(cluster, host, putDataBack),
    /** `through`: the control plane whose API is asked; `since`: when the restored state was served first. */
    refreshNode: (cluster: Cluster, host: Host, through: Host, since: number): Promise<StepOutcome> =>
      change(cluster, host, (context) => refreshNode(context, through, since)),
    /** `oldData`: the folder with the data from before, once the restored ones are verified. */
    concludeRestore: (cluster: Cluster, host: Host, oldData?: string): Promise<StepOutcome> =>
      change(cluster, host, (context) => concludeRestore(context, oldData)),
  }
}
