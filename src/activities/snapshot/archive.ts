/** The steps of a snapshot in places outside the cluster: an encrypted archive kept, older ones removed. */
import { archiveContents, type ArchiveSources } from '../../archives/contents.js'
import { keepArchive, pruneArchives } from '../../archives/archive.js'
import { openStore } from '../../archives/store.js'
import { snapshotSettings, type SnapshotCopy } from '../../cluster/snapshots.js'
import type { HostContext } from '../../hosts/context.js'
import type { StepOutcome } from '../../operations/steps.js'
import { removed, type RemovedSnapshots } from './on-hosts.js'

/** An archive that a place has now. */
export interface ArchiveStep extends StepOutcome {
  /** Files that no host had. */
  readonly lacking: readonly string[]
}

/** Keeps an encrypted archive of the snapshot, which the step's host has. */
export async function archiveSnapshot(
  context: HostContext,
  copy: SnapshotCopy,
  sources: ArchiveSources,
): Promise<ArchiveStep> {
  const store = await openStore(copy)
  context.report(`encrypting for ${store.title}`)
  const { encryptTo } = snapshotSettings(context.cluster)
  const made = await keepArchive(store, sources.record, encryptTo, () => archiveContents(context, sources))
  if (made === undefined) return { changed: false, summary: `${store.title} has it already`, lacking: [] }
  const size = `${Math.ceil(made.bytes / 2 ** 20)} MiB`
  return { changed: true, summary: `${store.title}, ${size}`, lacking: made.lacking }
}

/** Removes the archives that the place keeps no longer. */
export async function pruneArchivesOf(
  { cluster }: HostContext,
  copy: SnapshotCopy,
  verified: string,
): Promise<RemovedSnapshots> {
  const store = await openStore(copy)
  return removed(await pruneArchives(store, cluster.name, snapshotSettings(cluster).keep, verified))
}
