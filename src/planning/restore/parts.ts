/** The hosts of a restore, and the state that they get. */
import type { Host } from '../../cluster/model.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'
import type { EtcdPod } from './look.js'

/** Where the state comes from. `database`: the files of a survivor whose etcd does not run. */
export type PlannedSource =
  | { readonly kind: 'snapshot'; readonly record: SnapshotRecord; readonly holders: readonly Host[] }
  | { readonly kind: 'survivor' | 'database'; readonly host: Host }

/** The hosts of a restore, by what is done there. */
export interface RestoreParts {
  readonly source: PlannedSource
  /** Its member gives a snapshot of the current state before; undefined if none can, or the state is a survivor's. */
  readonly saver: Host | undefined
  /** Every member of the etcd that is restored. */
  readonly members: readonly { readonly host: Host; readonly pod: EtcdPod }[]
  /** Control planes that never come back. */
  readonly dead: readonly Host[]
  /** Hosts whose kubelets start again: control planes first. */
  readonly nodes: readonly Host[]
  /** An earlier restore has stopped hosts, and did not come to its end. */
  readonly isStopped: boolean
}
