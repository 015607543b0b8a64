/** What an operation is started with. */
import type { Cluster } from '../cluster/model.js'
import type { OperationKind } from './registry.js'
import type { UpgradeRequest } from './upgrade-request.js'

/** What is asked of each kind besides the cluster. An apply asks for nothing more; a plan may be that of another kind. */
export interface Requests extends Record<OperationKind, object> {
  apply: object
  plan: { readonly upgrade?: UpgradeRequest }
  upgrade: UpgradeRequest
}

/** What the operator may choose for an operation. */
export interface StartOptions<Kind extends OperationKind = OperationKind> {
  /** Wait for approval once the changes are known and before anything is changed. */
  readonly review?: boolean
  /** What is asked of the operation; missing for kinds that take no more than a cluster. */
  readonly request?: Requests[Kind]
}

/** Input of every operation's workflow. */
export interface OperationInput<Kind extends OperationKind = OperationKind> extends StartOptions<Kind> {
  readonly cluster: Cluster
  /** Whether search attributes are registered in the namespace, so that the workflow may set them. */
  readonly searchAttributes: boolean
}
