/** What an operation is started with. */
import type { Cluster } from '../cluster/model.js'

/** What the operator may choose for an operation. */
export interface StartOptions {
  /** Wait for approval once the changes are known and before anything is changed. */
  readonly review?: boolean
}

/** Input of every operation's workflow. */
export interface OperationInput extends StartOptions {
  readonly cluster: Cluster
  /** Whether search attributes are registered in the namespace, so that the workflow may set them. */
  readonly searchAttributes: boolean
}
