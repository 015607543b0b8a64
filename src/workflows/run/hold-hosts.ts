/** Holding the hosts of a cluster against operations of other Temporal servers, which know nothing of this one. */
import { CancellationScope } from '@temporalio/workflow'
import { narrow, type Cluster, type Host } from '../../cluster/model.js'
import { failWith } from './failure.js'
import type { Operation } from './run.js'
import { activities } from './activity-policies.js'

/**
 * Locks all hosts. The first control plane goes first: of two operations that begin at the same time one gets it, and
 * the other stops there, before either holds a part of the hosts.
 * @throws ApplicationFailure with what kept it from hosts, e.g. `HOST_LOCKED`.
 */
async function lockHosts(run: Operation, cluster: Cluster, first: Host): Promise<void> {
  const others = cluster.hosts.filter((host) => host.name !== first.name)
  for (const hosts of [[first], others]) {
    const { failures } = await run.attempt('Lock hosts', hosts, (host) =>
      activities('observe', `${host.name}: lock`).lockHost(narrow(cluster, host), host),
    )
    if (failures.length > 0) throw failWith(failures)
  }
}

/**
 * Releases what the operation holds, however it ends; after a cancel nothing of it runs there any more. A host that is
 * away is taken over by the next apply.
 */
async function releaseHosts(run: Operation, cluster: Cluster): Promise<void> {
  const units = CancellationScope.current().consideredCancelled ? 'stop' : 'leave'
  await CancellationScope.nonCancellable(() =>
    Promise.allSettled(
      cluster.hosts.map((host) =>
        run.begin(() =>
          activities('release', `${host.name}: release`).releaseHost(narrow(cluster, host), host, units),
        ),
      ),
    ),
  )
}

/** Holds the hosts of the cluster while `act` runs; no step is under way any more when they are released. */
export async function withLocks<Result>(
  run: Operation,
  cluster: Cluster,
  first: Host,
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    await lockHosts(run, cluster, first)
    return await act()
  } finally {
    await run.settled()
    await releaseHosts(run, cluster)
  }
}
