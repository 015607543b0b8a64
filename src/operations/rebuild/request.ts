/** What is asked of a rebuild: from which archive, and who can open it. */
import type { SnapshotRecord } from '../snapshot-record.js'

/** Where the worker finds an archive, and the key to it. Neither what is in it nor the key is part of this. */
export interface ArchiveReference {
  /** Absolute path of a file on the worker's machine; or the name of a snapshot, which a copy of the cluster file has. */
  readonly archive: string
  /** Absolute path of an identity file of age on the worker's machine. */
  readonly identity: string
}

export interface RebuildRequest extends ArchiveReference {
  /** The name of the cluster, as the operator has typed it; a plan needs none. */
  readonly confirmed?: string
}

/** What the first control plane of a rebuilt cluster begins with. */
export interface Seed extends ArchiveReference {
  /** Of the snapshot in the archive; the host keeps a copy of it. */
  readonly record: SnapshotRecord
}
