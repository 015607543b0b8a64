/** What an archive tells of its cluster. Plain data without secrets. */
import type { StandingConfiguration } from '../../facts/standing.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'

export interface ArchivedCluster {
  readonly record: SnapshotRecord
  /** What kubeadm kept; missing if the archive lacks it. */
  readonly configuration?: StandingConfiguration
  /** `sha256:…` of the CA's public key; missing if the archive lacks its certificate. */
  readonly caHash?: string
  /** Paths on hosts of the files in it. */
  readonly files: readonly string[]
  /** Whether an API server answers at the endpoint of the cluster file. */
  readonly isServed: boolean
}
