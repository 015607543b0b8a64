/**
 * What an operation is called, takes, tells while it runs, and gives back. Shared by the workflows that run it
 * and the client that watches it.
 */
import type { ErrorReport } from '../errors/index.js'
import type { Cluster } from './model.js'

/** Workflow type names; stable, since histories carry them. */
export const WORKFLOWS = { apply: 'applyCluster', plan: 'planCluster' } as const

/** Task queue that every worker polls. */
export const TASK_QUEUE = 'quorate'

/** Names of the messages that a running operation takes. */
export const MESSAGES = {
  /** Query without arguments: {@link OperationProgress}. */
  progress: 'progress',
  /** Signal without arguments: the operator vouches for the load balancer. */
  loadBalancerReady: 'loadBalancerReady',
} as const

/** Search attributes (all of type Keyword) that every operation carries. */
export const SEARCH_ATTRIBUTES = {
  clusterName: 'ClusterName',
  operation: 'Operation',
  phase: 'Phase',
  blockedOn: 'BlockedOn',
  kubernetesVersion: 'KubernetesVersion',
} as const

/** Which operation. */
export type OperationKind = keyof typeof WORKFLOWS

/** The id of the one workflow that may change a cluster; it is the cluster's lock. */
export function operationWorkflowId(clusterName: string): string {
  return `cluster/${clusterName}`
}

/** Input of both workflows. */
export interface OperationInput {
  readonly cluster: Cluster
  /** Whether search attributes are registered in the namespace, so that the workflow may set them. */
  readonly searchAttributes: boolean
}

/** What `applyCluster` gives back. */
export interface ApplyResult {
  readonly kubernetesVersion: string
  /** True when at least one host or object was changed. */
  readonly changed: boolean
  readonly nodes: readonly NodeSummary[]
  readonly etcdMembers: readonly string[]
  readonly warnings: readonly string[]
}

export interface NodeSummary {
  readonly name: string
  readonly role: 'control-plane' | 'worker'
  readonly version: string
  readonly ready: boolean
}

/** One thing that an apply would do. */
export interface PlannedChange {
  readonly host: string
  readonly phase: string
  /** E.g. `install kubeadm, kubelet, kubectl 1.36.3`. */
  readonly action: string
}

/** What `planCluster` gives back. */
export interface PlanResult {
  readonly kubernetesVersion: string
  readonly changes: readonly PlannedChange[]
  /** What would stop an apply before it changed anything. */
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
}

export type StepState = 'pending' | 'running' | 'unchanged' | 'done' | 'failed'

/** One host within a phase. */
export interface HostProgress {
  readonly host: string
  readonly state: StepState
  /** E.g. `kubeadm init v1.36.3`. */
  readonly summary?: string
  readonly error?: ErrorReport
  /** Milliseconds since the epoch, workflow time. */
  readonly startedAt?: number
  readonly finishedAt?: number
}

/** One phase, in the order of the guide. */
export interface PhaseProgress {
  readonly title: string
  readonly state: StepState
  readonly hosts: readonly HostProgress[]
  readonly startedAt?: number
  readonly finishedAt?: number
}

/** The answer of the `progress` query. */
export interface OperationProgress {
  readonly cluster: string
  readonly operation: OperationKind
  readonly kubernetesVersion: string
  /** `waiting`: for something outside, such as the load balancer; `blockedOn` says for what. */
  readonly state: 'running' | 'waiting' | 'done' | 'failed'
  readonly blockedOn?: string
  readonly phases: readonly PhaseProgress[]
  readonly warnings: readonly string[]
  readonly error?: ErrorReport
}

/** Details of an activity's heartbeat: the last thing that is known of a step that runs. Free of secrets. */
export interface StepHeartbeat {
  readonly host: string
  /** Last line of output or what is waited for. */
  readonly line: string
}
