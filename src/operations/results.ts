/** What operations return. */
import type { ErrorReport } from '../errors/index.js'
import type { AdoptedCluster } from './adopted.js'
import type { PreflightFinding } from '../preflight/finding.js'
import type { SnapshotRecord } from './snapshot-record.js'
import type { SkippedStep } from './steps.js'

/** The result of `applyCluster`. */
export interface ApplyResult {
  readonly kubernetesVersion: string
  /** True when at least one host or object was changed. */
  readonly changed: boolean
  readonly nodes: readonly NodeSummary[]
  readonly etcdMembers: readonly string[]
  readonly warnings: readonly string[]
  readonly skipped: readonly SkippedStep[]
}

export interface NodeSummary {
  readonly name: string
  readonly role: 'control-plane' | 'worker'
  readonly version: string
  readonly ready: boolean
  /** Whether it takes no new pods; older results do not tell. */
  readonly cordoned?: boolean
}

/** One thing that an apply would do. */
export interface PlannedChange {
  readonly host: string
  readonly phase: string
  /** E.g. `install kubeadm, kubelet, kubectl 1.36.3`. */
  readonly action: string
  /**
   * It takes away something that runs or once ran in the cluster. An apply asks before it does that, even without a
   * review.
   */
  readonly disruptive?: boolean
  /** What the change does to documents of the cluster, value by value. */
  readonly diff?: readonly DiffLine[]
}

/** A value of a document that changes; as JSON, without what may be secret. */
export interface DiffLine {
  /** Its kind, such as `KubeletConfiguration`. */
  readonly document: string
  /** E.g. `apiServer.extraArgs.v`. */
  readonly path: string
  /** Missing if the value is new. */
  readonly old?: string
  /** Missing if the value goes. */
  readonly new?: string
}

/** The result of `upgradeCluster`. */
export interface UpgradeResult extends Omit<ApplyResult, 'kubernetesVersion'> {
  /** The version of the cluster before, as its own record had it. */
  readonly from: string
  readonly to: string
  /** The versions that the cluster got one after the other; the last is `to`. */
  readonly hops: readonly string[]
  /** The version in the cluster file, if that is another now: an apply would be refused until it is changed. */
  readonly fileVersion?: string
}

/** What a plan says of the packages of a host. */
export interface PlannedUpdate {
  readonly host: string
  readonly packages: readonly {
    readonly name: string
    /** Missing for a package that is added. */
    readonly from?: string
    readonly to: string
    readonly isSecurity: boolean
  }[]
  /** Packages with updates that stay as they are. */
  readonly kept: readonly string[]
}

/** What a plan says of an upgrade beside its changes. */
export interface PlannedUpgrade {
  readonly from: string
  readonly to: string
  readonly hops: readonly { readonly version: string; readonly skew: string }[]
}

/** The result of `planCluster`. */
export interface PlanResult {
  readonly kubernetesVersion: string
  readonly changes: readonly PlannedChange[]
  /** What would stop an apply before it changed anything. */
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
  /** Problems, warnings and advice, each with its fix; missing in plans made by workers before 0.2. */
  readonly findings?: readonly PreflightFinding[]
  /** Only in the plan of an update of hosts: every host that was asked, also those with nothing to update. */
  readonly updates?: readonly PlannedUpdate[]
  /** Only in the plan of an upgrade. */
  readonly upgrade?: PlannedUpgrade
  /** Only in the plan of a restore: the name of the snapshot that was chosen. */
  readonly restores?: string
}

/** The result of `adoptCluster`. */
export interface AdoptResult extends PlanResult {
  /** Missing if the cluster cannot be adopted; `problems` say why. */
  readonly adopted?: AdoptedCluster
}

/** The result of `removeHosts`. */
export interface RemoveResult {
  readonly kubernetesVersion: string
  /** True when anything was changed. */
  readonly changed: boolean
  /** What became of each host that was asked for, in that order; those left out by decision are in `skipped`. */
  readonly hosts: readonly RemovedHost[]
  /** The nodes that stay. */
  readonly nodes: readonly NodeSummary[]
  readonly etcdMembers: readonly string[]
  readonly warnings: readonly string[]
  readonly skipped: readonly SkippedStep[]
}

/**
 * `removed`: it left the cluster, and was reset. `dead`: it left the cluster without being reset, because it never comes
 * back. `gone`: it was no part of the cluster.
 */
export interface RemovedHost {
  readonly name: string
  readonly how: 'removed' | 'dead' | 'gone'
}

/** The result of `renewCertificates`. */
export interface RenewResult {
  readonly kubernetesVersion: string
  /** True when anything was changed. */
  readonly changed: boolean
  /** What was done on each host where anything was, in words. */
  readonly hosts: readonly { readonly name: string; readonly did: readonly string[] }[]
  readonly warnings: readonly string[]
  readonly skipped: readonly SkippedStep[]
}

/** The result of `rebootHosts`. */
export interface RebootResult {
  readonly kubernetesVersion: string
  /** True when any host was rebooted. */
  readonly changed: boolean
  /** Each host that was rebooted, in that order, with how it went, e.g. `rebooted, back after 42 s`. */
  readonly hosts: readonly { readonly name: string; readonly did: string }[]
  readonly warnings: readonly string[]
  readonly skipped: readonly SkippedStep[]
}

/** The result of `updateHosts`: each host that was updated, with how it went, e.g. `12 packages updated`. */
export type UpdateResult = RebootResult

/** The result of `rebuildCluster`. */
export interface RebuildResult extends ApplyResult {
  /** The snapshot that the cluster began with. */
  readonly restored: Pick<SnapshotRecord, 'name' | 'takenAt' | 'revision'>
}

/** The result of `replaceHost`. */
export interface ReplaceResult extends ApplyResult {
  readonly host: string
  /** `kept`: the operator decided on the way that the old machine stays. */
  readonly how: 'replaced' | 'kept'
  /** The `/etc/machine-id` of the old machine and of the new one, as far as they are known. */
  readonly machine: { readonly old?: string; readonly new?: string }
}

/** The result of `resetHosts`. */
export interface ResetResult {
  readonly kubernetesVersion: string
  /** True when anything was changed. */
  readonly changed: boolean
  /** What became of each host, in the order of the cluster file; those left out by decision are in `skipped`. */
  readonly hosts: readonly ResetHost[]
  readonly warnings: readonly string[]
  readonly skipped: readonly SkippedStep[]
}

/** The result of `restoreEtcd`. */
export interface RestoreResult {
  readonly kubernetesVersion: string
  /** True when anything was changed. */
  readonly changed: boolean
  /** What etcd got: the name of a snapshot, or of the host whose database was taken. */
  readonly restored: string
  /** The name of the snapshot with the state before, and its host; missing if none was taken. */
  readonly saved?: { readonly snapshot: string; readonly host: string }
  /** The id of the new etcd, in hexadecimal digits, and its revision. */
  readonly clusterId: string
  readonly revision: number
  /** The hosts with a member, and the folder on each with the data from before. */
  readonly members: readonly { readonly host: string; readonly oldData: string }[]
  /** Control planes that were vouched dead, and are to be replaced. */
  readonly dead: readonly string[]
  readonly nodes: readonly NodeSummary[]
  readonly warnings: readonly string[]
  readonly skipped: readonly SkippedStep[]
}

/** The result of `takeSnapshot`. */
export interface SnapshotResult {
  readonly kubernetesVersion: string
  /** True unless the operation had taken it before. */
  readonly changed: boolean
  readonly snapshot: SnapshotRecord
  /** The hosts that have it, the one of the member first. */
  readonly hosts: readonly string[]
  /** The places outside the cluster that have an encrypted archive of it. */
  readonly archives: readonly string[]
  /** How many older ones were removed, in all places together. */
  readonly removed: number
  readonly warnings: readonly string[]
  readonly skipped: readonly SkippedStep[]
}

/** The result of `defragmentEtcd`. */
export interface DefragmentResult {
  readonly kubernetesVersion: string
  /** True when any member was defragmented. */
  readonly changed: boolean
  /** What became of each member, in the order in which it was its turn. */
  readonly members: readonly DefragmentedMember[]
  readonly warnings: readonly string[]
  readonly skipped: readonly SkippedStep[]
}

/** Sizes of a member's database in bytes. */
interface DefragmentedMember {
  readonly host: string
  readonly before: number
  readonly after: number
}

/** `reset`: the host is bare now. `bare`: it was before. */
export interface ResetHost {
  readonly name: string
  readonly how: 'reset' | 'bare'
  /** What a last look has still found of the cluster; nobody looks at hosts that were bare before. */
  readonly remains: readonly string[]
}
