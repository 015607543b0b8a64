/** What the data of a restored etcd are made of, as steps are told. */

/** A member of the etcd that is restored. */
interface RestoredMember {
  readonly name: string
  readonly peerUrl: string
}

/** What a member's data are made of: a snapshot that its host keeps, or the database that it has itself. */
export type DataSource =
  | { readonly kind: 'snapshot'; readonly name: string; readonly revision: number }
  | { readonly kind: 'database' }

/** How the data of one member are restored. */
export interface DataOrder {
  readonly image: string
  readonly member: RestoredMember
  /** Every member of the new etcd. */
  readonly members: readonly RestoredMember[]
  readonly source: DataSource
}

/**
 * By how much revisions grow with a restore. Whoever has seen a later state than the snapshot must not take the restored
 * one for older: etcd's guide counts on a week of 1500 writes a second (op-guide/recovery.md).
 */
export const REVISION_BUMP = 1_000_000_000
