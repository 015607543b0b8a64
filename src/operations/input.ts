/** What an operation is started with. */
import type { Cluster } from '../cluster/model.js'
import type { ScheduleKind } from '../cluster/schedules.js'
import type { DrainOptions } from './drain.js'
import type { OperationKind } from './registry.js'
import type { RebootRequest } from './reboot/request.js'
import type { RebuildRequest } from './rebuild/request.js'
import type { RestoreRequest } from './restore/request.js'
import type { UpdateRequest } from './update-hosts/request.js'
import type { UpgradeRequest } from './upgrade-request.js'

/** What is asked of each kind besides the cluster; some ask for nothing more. */
export interface Requests {
  adopt: object
  apply: object
  defragment: object
  plan: PlanRequest
  reboot: RebootRequest
  rebuild: RebuildRequest
  remove: RemoveRequest
  renew: RenewRequest
  replace: ReplaceRequest
  reset: ResetRequest
  restore: RestoreRequest
  snapshot: SnapshotRequest
  'update-hosts': UpdateRequest
  upgrade: UpgradeRequest
}

/** What is planned; an apply unless another operation's request is given. */
export interface PlanRequest {
  readonly defragment?: object
  readonly reboot?: RebootRequest
  readonly rebuild?: RebuildRequest
  readonly remove?: RemoveRequest
  readonly renew?: RenewRequest
  readonly replace?: ReplaceRequest
  readonly reset?: ResetRequest
  readonly restore?: RestoreRequest
  readonly snapshot?: SnapshotRequest
  readonly 'update-hosts'?: UpdateRequest
  readonly upgrade?: UpgradeRequest
}

/** Which hosts leave the cluster, and how. */
export interface RemoveRequest {
  /** Names of hosts in the cluster file, or of nodes and etcd members that the file no longer has. */
  readonly hosts: readonly string[]
  /** Those of them that never come back: the operator vouches for it. */
  readonly dead: readonly string[]
  readonly drain: DrainOptions
}

/** Whose certificates are renewed. */
export interface RenewRequest {
  /** Names of hosts in the cluster file; none: all of them. */
  readonly hosts: readonly string[]
  /** Also those that last long enough. */
  readonly all: boolean
}

/** Which host gets another machine, and how. */
export interface ReplaceRequest {
  /** Its name in the cluster file. */
  readonly host: string
  /** The old machine never comes back: the operator vouches for it. */
  readonly isDead: boolean
  /** The same machine joins again as soon as it is reset. Nobody reinstalls it. */
  readonly inPlace: boolean
  readonly drain: DrainOptions
}

/** Which hosts are made bare. */
export interface ResetRequest {
  /** Names of hosts in the cluster file; none with `all`. */
  readonly hosts: readonly string[]
  /** Every host of the file: the cluster is destroyed. */
  readonly all: boolean
  /** The name of the cluster, as the operator has typed it: `all` is refused without it. A plan needs none. */
  readonly confirmed?: string
  /** Packages are removed, too. */
  readonly packages: boolean
}

/** What is kept with a snapshot of etcd. */
interface SnapshotRequest {
  /** The text of the cluster file, for whoever restores the cluster from an archive. It holds no secrets. */
  readonly clusterFile: string
  /** The revision may be lower than that of an earlier snapshot: etcd was restored. */
  readonly mayBeBehind: boolean
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
  /** The schedule that has started it. */
  readonly schedule?: ScheduleKind
}
