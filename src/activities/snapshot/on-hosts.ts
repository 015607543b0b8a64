/** The steps of a snapshot on the hosts of etcd's members: taken on one, kept on the others, older ones removed. */
import type { Host } from '../../cluster/model.js'
import { snapshotSettings } from '../../cluster/snapshots.js'
import type { HostContext } from '../../hosts/context.js'
import { pruneSnapshots } from '../../hosts/etcd/snapshots/folder.js'
import { keepCopy, keptOn } from '../../hosts/etcd/snapshots/keep.js'
import { takeSnapshot, type SnapshotOrder } from '../../hosts/etcd/snapshots/take.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'
import type { StepOutcome } from '../../operations/steps.js'
import { count } from '../../values/words.js'

/** A snapshot, as its step tells of it. */
export interface SnapshotStep extends StepOutcome {
  readonly record: SnapshotRecord
}

/** How many snapshots were removed. */
export interface RemovedSnapshots extends StepOutcome {
  readonly removed: number
}

/** Takes the snapshot of the operation. */
export async function takeSnapshotOnce(context: HostContext, order: SnapshotOrder): Promise<SnapshotStep> {
  const { record, isNew } = await takeSnapshot(context, order)
  const { name, bytes, revision, keys } = record
  const size = `${Math.ceil(bytes / 2 ** 20)} MiB`
  const what = keys === undefined ? size : `${count(keys, 'key')}, ${size}`
  return { changed: isNew, summary: `${name}: revision ${revision}, ${what}`, record }
}

/** Keeps a copy of it. */
export async function keepSnapshot(
  context: HostContext,
  from: Host,
  record: SnapshotRecord,
): Promise<StepOutcome> {
  const source = await context.sessions.session(from, context.signal)
  const isNew = await keepCopy(context, keptOn(source, record, context.signal), record)
  return { changed: isNew, summary: `from ${from.name}, verified` }
}

/** Removes the snapshots that the host keeps no longer. */
export async function pruneSnapshotsOf(
  { session, cluster }: HostContext,
  verified: string,
): Promise<RemovedSnapshots> {
  const gone = await pruneSnapshots(session, cluster.name, snapshotSettings(cluster).keep, verified)
  return removed(gone)
}

/** The outcome of a removal. */
export function removed(names: readonly string[]): RemovedSnapshots {
  const [oldest] = names.toSorted()
  const summary = oldest === undefined ? 'nothing to remove' : `${count(names.length, 'snapshot')} removed`
  return { changed: names.length > 0, summary, removed: names.length }
}
