/** Everything that an apply would change, from what the hosts and the cluster tell: what plan and review show. */
import type { ObservedHost } from '../../facts/facts.js'
import type { Cluster } from '../../cluster/model.js'
import type { PlannedChange } from '../../operations/contract.js'
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
 * The changes, host by host in the order of the file. What a step would change and this does not name is a fault:
 * see {@link unplanned}. Steps decide by the same functions and the same rendered files.
 */
export function plannedChanges(
  cluster: Cluster,
  observed: readonly ObservedHost[],
  context: ChangesContext,
): readonly PlannedChange[] {
  const wide = [
    ...authorityChanges(cluster, observed),
    ...etcdUpkeepChanges(cluster, observed),
    ...clusterChanges(cluster, observed, context),
  ]
  return observed.flatMap((entry) => [
    ...OF_EACH_HOST.flatMap((changes) => changes({ cluster, ...context, ...entry })),
    ...wide.filter(({ host }) => host === entry.host.name),
  ])
}
