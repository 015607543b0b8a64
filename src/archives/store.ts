/** A place outside the cluster that keeps files: a folder on this machine, or a bucket. */
import { copyTitle, type SnapshotCopy } from '../cluster/snapshots.js'
import { FolderStore } from './folder-store.js'
import type { Store } from './store-contract.js'

export type { Store } from './store-contract.js'

/**
 * Opens the place of a copy; nothing is asked of it yet.
 * @throws QuorateError `SECRET_NEEDED`
 */
export async function openStore(copy: SnapshotCopy): Promise<Store> {
  const title = copyTitle(copy)
  if (copy.kind === 'folder') return new FolderStore(title, copy.folder)
  const { openBucket } = await import('./s3-store.js')
  return openBucket(title, copy)
}
