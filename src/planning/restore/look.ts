/** What the host of an etcd member shows before a restore. Plain data without secrets. */
import type { MemberStatus } from '../../facts/etcd-status.js'
import type { QuorumMember } from '../../facts/quorum.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'

export interface RestoreLook {
  readonly host: string
  /** The snapshots of the cluster that the host keeps. */
  readonly snapshots: readonly SnapshotRecord[]
  /** Missing if the host has no manifest of etcd. */
  readonly pod?: EtcdPod
  /** What the member says of itself; missing if it does not answer. */
  readonly status?: MemberStatus
  /** Every member that it knows; missing without a majority. */
  readonly members?: readonly QuorumMember[]
  /** The layout of encryption at rest of its API server; missing if that has another configuration, or none is there. */
  readonly encryption?: string
  /** Whether there is a database of etcd. */
  readonly hasData: boolean
  /** It has no log of etcd: the database may be the empty one of a member that found no data, and did not start. */
  readonly lacksLog?: boolean
  /** Bytes that are free where etcd has its data, and those of its database. */
  readonly freeBytes: number
  readonly dataBytes: number
  /** The operation of a restore that has stopped the control plane and did not come to its end. */
  readonly unfinished?: string
}

/** What the manifest of a member says. */
export interface EtcdPod {
  readonly image: string
  /** Name of the member. */
  readonly name: string
  readonly peerUrl: string
  readonly dataFolder: string
  /** A restore has taken it out of the kubelet's folder. */
  readonly isAside: boolean
}
