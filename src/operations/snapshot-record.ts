/**
 * Snapshots of etcd as files: their names, and what is written down beside each. The name tells them apart in every
 * place: `prod-20261127T185125Z-r48213-01938a3b-7c4d`, with `.db` and `.json` on hosts.
 */

/** What is known of a snapshot that was verified. Nothing in it is secret. */
export interface SnapshotRecord {
  /** Without an extension. */
  readonly name: string
  readonly cluster: string
  /** ISO 8601, by the clock of the host. */
  readonly takenAt: string
  /** The host of the member that it was taken from. */
  readonly host: string
  /** In decimal digits: they are larger than a JavaScript number. */
  readonly memberId: string
  readonly clusterId: string
  /** etcd's revision when it was taken. */
  readonly revision: number
  /** How many keys it has, all revisions counted; missing if the member's image has no tool that reads snapshots. */
  readonly keys?: number
  readonly etcdVersion: string
  readonly kubernetesVersion: string
  /** `sha256:…` of the public key of the cluster's CA; missing if the cluster did not tell. */
  readonly caHash?: string
  /** The layout of encryption at rest that API servers had; missing if they had another configuration, or did not tell. */
  readonly encryption?: string
  readonly bytes: number
  /** Of the whole file, in hexadecimal digits. */
  readonly sha256: string
}

/** What a name says. */
export interface SnapshotName {
  readonly cluster: string
  /** Milliseconds since the epoch. */
  readonly takenAt: number
  readonly revision: number
  /** The operation, and what it was taken before, e.g. `01938a3b-7c4d-before-v1-37-2`. */
  readonly tag: string
}

/** Greedy, since names of clusters may have any number of dashes. */
const NAME = /^(.+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-r(\d{1,15})-([a-z0-9][a-z0-9-]*)$/

/** The name of a snapshot. */
export function snapshotName({ cluster, takenAt, revision, tag }: SnapshotName): string {
  const time = new Date(takenAt).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  return `${cluster}-${time}-r${revision}-${tag}`
}

/** Reads a name; undefined for whatever is not a snapshot of that cluster. */
export function parseSnapshotName(name: string, cluster: string): SnapshotName | undefined {
  const [, owner, year, month, day, hour, minute, second, revision, tag = ''] = NAME.exec(name) ?? []
  const takenAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (owner !== cluster || Number.isNaN(takenAt)) return undefined
  return { cluster, takenAt, revision: Number(revision), tag }
}
