/** The steps of a defragmentation of etcd. The cluster that they get has every host with a member. */
import type { Cluster, Host } from '../../cluster/model.js'
import { compact, defragment, disarm } from '../../hosts/etcd/defragment.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { OnHost } from '../frame/on-host.js'

/** A member, as its step tells of it. */
export interface DefragmentStep extends StepOutcome {
  /** Size of its database in bytes. */
  readonly after: number
}

/** By the names that workflows call. */
export function defragmentActivities(change: OnHost) {
  return {
    compactEtcd: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, async (context) => {
        const revision = await compact(context)
        const summary = revision === undefined ? 'etcd has room' : `up to revision ${revision}`
        return { changed: revision !== undefined, summary }
      }),
    /** `before`: the size of its database when the plan was made, in bytes. */
    defragmentMember: (cluster: Cluster, host: Host, before: number): Promise<DefragmentStep> =>
      change(cluster, host, async (context) => {
        const after = await defragment(context)
        return { changed: after < before, summary: `${inMiB(before)} → ${inMiB(after)} MiB`, after }
      }),
    disarmAlarms: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, async (context) => {
        const changed = await disarm(context)
        return { changed, summary: changed ? 'NOSPACE disarmed' : 'no alarm' }
      }),
  }
}

function inMiB(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20)
}
