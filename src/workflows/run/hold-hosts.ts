/** Locks the hosts of a cluster against operations of other Temporal servers, which know nothing of this one. */
import { CancellationScope } from '@temporalio/workflow'
import { narrow, type Cluster, type Host } from '../../cluster/model.js'
import { failWith } from './failure.js'
import type { Run } from './run.js'
import { activities } from './activity-policies.js'

/**
 * Locks all hosts. The first control plane goes first: if two operations start at the same time, one gets it. The other
 * stops there, before either holds some of the other hosts.
 * @throws ApplicationFailure with what prevented a lock, e.g. `HOST_LOCKED`.
 */
async function lockHosts(run: Run<'lock-hosts'>, cluster: Cluster, first: Host): Promise<void> {
  const others = cluster.hosts.filter((host) => host.name !== first.name)
  for (const hosts of [[first], others]) {
    const { failures } = await run.attempt('lock-hosts', hosts, (host) =>
      activities('observe', `${host.name}: lock`).lockHost(narrow(cluster, host), host),
    )
    if (failures.length > 0) throw failWith(failures)
  }
}

/**
 * Releases what the operation holds, however it ends. After a cancel, nothing of the operation runs on the hosts any
 * more. The next apply takes over the lock of a host that is away.
 */
async function releaseHosts(run: Run<'lock-hosts'>, cluster: Cluster): Promise<void> {
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

/**
 * Holds the hosts of the cluster while `act` runs. No step is running any more when they are released. `joining`: hosts
 * that did not answer before, and were locked by their first step.
 */
export async function withLocks<Result>(
  run: Run<'lock-hosts'>,
  cluster: Cluster,
  first: Host,
  act: () => Promise<Result>,
  joining: () => readonly Host[] = () => [],
): Promise<Result> {
  try {
    await lockHosts(run, cluster, first)
    return await act()
  } finally {
    await run.settled()
    await releaseHosts(run, { ...cluster, hosts: [...cluster.hosts, ...joining()] })
  }
}
