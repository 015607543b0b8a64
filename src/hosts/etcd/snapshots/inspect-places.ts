/** The snapshots that hosts keep, as an operator sees them: over SSH, without an operation and without Temporal. */
import { etcdHosts, etcdPlace, type Cluster, type Host } from '../../../cluster/model.js'
import { reportError, type ErrorReport } from '../../../errors/index.js'
import type { SnapshotRecord } from '../../../operations/snapshot-record.js'
import type { SessionPool } from '../../../ssh/index.js'
import { foreignEtcd } from '../inspect.js'
import { keptSnapshots, soundness, type Soundness } from './folder.js'

/** A snapshot in one place. */
export interface SnapshotSeen {
  readonly record: SnapshotRecord
  /** A host, a folder, or a bucket with its prefix. */
  readonly place: string
  readonly kind: 'host' | 'archive'
  /** Bytes that it takes there. */
  readonly bytes: number
}

/** What was found in some places. */
export interface SnapshotsFound {
  readonly snapshots: readonly SnapshotSeen[]
  /** Why places could not be looked at. */
  readonly unreachable: readonly ErrorReport[]
}

/** A place of a snapshot, and whether what is there is sound. */
export interface SnapshotChecked {
  readonly place: string
  readonly kind: SnapshotSeen['kind']
  readonly is: Soundness
}

/** What was checked. */
export interface SnapshotsChecked {
  readonly places: readonly SnapshotChecked[]
  readonly unreachable: readonly ErrorReport[]
}

/**
 * Lists what the hosts of etcd's members keep.
 * @throws QuorateError `ETCD_UNREACHABLE` for an etcd that somebody else runs.
 */
export async function inspectKept(sessions: SessionPool, cluster: Cluster): Promise<SnapshotsFound> {
  const { results, unreachable } = await onEach(cluster, async (host) => {
    const kept = await keptSnapshots(await sessions.session(host), cluster.name)
    return kept.map((one): SnapshotSeen => ({ ...one, place: host.name, kind: 'host' }))
  })
  return { snapshots: results.flat(), unreachable }
}

/** Reads the snapshot of this name on every host that has it. */
export async function checkKept(
  sessions: SessionPool,
  cluster: Cluster,
  name: string,
): Promise<SnapshotsChecked> {
  const { results, unreachable } = await onEach(cluster, async (host): Promise<SnapshotChecked[]> => {
    const session = await sessions.session(host)
    const found = (await keptSnapshots(session, cluster.name)).find(({ record }) => record.name === name)
    if (found === undefined) return []
    return [{ place: host.name, kind: 'host', is: await soundness(session, found.record) }]
  })
  return { places: results.flat(), unreachable }
}

async function onEach<Result>(
  cluster: Cluster,
  look: (host: Host) => Promise<Result>,
): Promise<{ readonly results: readonly Result[]; readonly unreachable: readonly ErrorReport[] }> {
  if (etcdPlace(cluster) === 'elsewhere') throw foreignEtcd()
  const hosts = etcdHosts(cluster)
  const outcomes = await Promise.allSettled(hosts.map(look))
  return {
    results: outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    unreachable: outcomes.flatMap((one, index) =>
      one.status === 'rejected' ? [{ host: hosts[index]?.name ?? '', ...reportError(one.reason) }] : [],
    ),
  }
}
