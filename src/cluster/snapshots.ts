/** How snapshots of etcd are kept: how many, where besides the hosts, and who can open them. */
import type { SecretSource } from './ssh-login.js'

/** Which snapshots stay in a place. The newest that was verified always does. */
export interface KeptSnapshots {
  /** So many, the newest. */
  readonly count: number
  /** Of those, only the ones that are not older than so many days. */
  readonly days?: number
}

/** A place outside the cluster that gets an encrypted archive of each snapshot. */
export type SnapshotCopy = FolderCopy | S3Copy

/** A folder on the worker's machine; its path is absolute. */
interface FolderCopy {
  readonly kind: 'folder'
  readonly folder: string
}

/** A bucket of an object store that speaks the S3 API. */
export interface S3Copy {
  readonly kind: 's3'
  readonly bucket: string
  readonly region: string
  /** URL of a store other than Amazon's. */
  readonly endpoint?: string
  /** What the names of objects begin with, e.g. `clusters/prod/`; empty unless given. */
  readonly prefix: string
  readonly accessKeyId: string
  readonly secretAccessKey: SecretSource
}

/** `spec.etcd.snapshots`. */
export interface SnapshotSettings {
  readonly keep: KeptSnapshots
  /** age recipients. Whoever has the identity of one of them can open the archives; nothing of ours can. */
  readonly encryptTo: readonly string[]
  readonly copies: readonly SnapshotCopy[]
}

/** What holds for a cluster whose file says nothing. */
const DEFAULTS: SnapshotSettings = { keep: { count: 7 }, encryptTo: [], copies: [] }

/** The settings of a cluster. */
export function snapshotSettings({
  snapshots = DEFAULTS,
}: {
  readonly snapshots?: SnapshotSettings
}): SnapshotSettings {
  return snapshots
}

/** How people know a place, e.g. `s3://backups/prod/`. */
export function copyTitle(copy: SnapshotCopy): string {
  return copy.kind === 'folder' ? copy.folder : `s3://${copy.bucket}/${copy.prefix}`
}
