/** Everything that an apply would change, given the facts of hosts and cluster. Plan and review show this. */
import type { ObservedHost } from '../../facts/facts.js'
import type { Cluster } from '../../cluster/model.js'
import type { PlannedChange } from '../../operations/results.js'
import { clusterChanges } from './cluster-wide.js'
import type { ChangesContext, HostChanges } from './context.js'
import { authorityChanges, etcdChanges } from './etcd.js'
import { etcdUpkeepChanges } from './etcd-upkeep.js'
import { balancerChanges } from './load-balancer.js'
import { membershipChanges } from './membership.js'
import { preparedChanges } from './prepared.js'

/** In the order of an apply's phases. */
const OF_EACH_HOST: readonly HostChanges[] = [
  preparedChanges,
  etcdChanges,
  balancerChanges,
  membershipChanges,
]

/**
 * Returns the changes, host by host in the order of the file. A step that changes something not named here is a bug:
 * see {@link unplanned}. Steps decide with the same functions and the same rendered files.
 */
export function plannedChanges(
  cluster: Cluster,
  observed: readonly ObservedHost[],
  context: ChangesContext,
): readonly PlannedChange[] {
  const wide = [
    ...authorityChanges(cluster, observed),
    ...etcdUpkeepChanges(cluster, observed),
    ...(context.reconfiguration?.changes ?? []),
    ...(context.encryption?.changes ?? []),
    ...clusterChanges(cluster, observed, context),
  ]
  return observed.flatMap((entry) => [
    ...OF_EACH_HOST.flatMap((changes) => changes({ cluster, ...context, ...entry })),
    ...wide.filter(({ host }) => host === entry.host.name),
  ])
}
