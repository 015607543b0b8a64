/**
 * What an operation is called, takes, tells while it runs, and gives back. Shared by the workflows that run it
 * and the client that watches it.
 */
import type { ErrorReport } from '../errors/index.js'
import type { Cluster } from '../cluster/model.js'
import type { PreflightFinding } from '../preflight/finding.js'

/** Workflow type names; stable, since histories carry them. */
export const WORKFLOWS = { apply: 'applyCluster', plan: 'planCluster' } as const

/**
 * Version of the sequence: of what the workflows do in which order, with which messages, and how they call activities. It
 * is raised by a release that would not go on with the runs of the one before (docs/architecture.md).
 */
const SEQUENCE = 1

/**
 * Task queue of the runs of a sequence. Each has its own, so that no worker is ever given a run that its code cannot
 * replay, whichever releases share a server.
 */
export function taskQueueOf(sequence: number): string {
  return `quorate-${sequence}`
}

/** Task queue of the runs that this release starts, and the only one that its workers poll. */
export const TASK_QUEUE = taskQueueOf(SEQUENCE)

/** Names of the messages that a running operation takes. */
export const MESSAGES = {
  /** Query without arguments: {@link OperationProgress}. */
  progress: 'progress',
  /** Signal without arguments: the operator vouches for the load balancer. */
  loadBalancerReady: 'loadBalancerReady',
  /** Signal without arguments: start no further step until {@link MESSAGES.resume}; what runs comes to its end. */
  pause: 'pause',
  /** Signal without arguments: go on after {@link MESSAGES.pause}. */
  resume: 'resume',
  /** Update with {@link RetryDecision}: {@link DecisionTaken}. */
  retryStep: 'retryStep',
  /** Update with {@link SkipDecision}: {@link DecisionTaken}. */
  skipStep: 'skipStep',
  /** Update with {@link AbortDecision}: {@link DecisionTaken}. */
  abort: 'abort',
  /** Update without arguments: go on with what the plan shows; {@link DecisionTaken}. */
  approve: 'approve',
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
  /** Wait for {@link MESSAGES.approve} once it is known what would change, and before anything is. */
  readonly review?: boolean
}

/** Tries steps again that are parked. */
export interface RetryDecision {
  /** Every parked step unless given. */
  readonly step?: string
}

/** Leaves a parked step out, and with it the host for the rest of the operation. */
export interface SkipDecision {
  readonly step: string
  /** Kept in the result and in history. */
  readonly reason: string
}

/**
 * Ends an operation that waits, for a decision or for something outside. Steps that run come to their end first, those
 * that only wait are ended.
 */
export interface AbortDecision {
  readonly reason?: string
}

/** What a decision was applied to: ids of steps, or `plan` for the approval. */
export interface DecisionTaken {
  readonly steps: readonly string[]
}

/** What becomes of an operation's units that still run on a host when it gives the host back. */
export type UnitsAtRelease = 'stop' | 'leave'

/** What decisions call the step of a host in a phase, e.g. `control-planes/cp2`. */
export function stepId(phaseTitle: string, host: string): string {
  return `${phaseTitle.toLowerCase().replaceAll(' ', '-')}/${host}`
}

/** A step that retries could not fix: its host is parked until somebody decides. */
export interface BlockedStep {
  /** See {@link stepId}. */
  readonly step: string
  /** Title of the phase. */
  readonly phase: string
  readonly host: string
  readonly error: ErrorReport
  /** Milliseconds since the epoch, workflow time. */
  readonly since: number
  /** Why it cannot be skipped; undefined where it can. */
  readonly notSkippable?: string
  /** What skipping it does beside leaving the host out, e.g. `takes its etcd member out`; the operator is shown it. */
  readonly onSkip?: string
}

/** What is known of a step before it is parked. */
export type SkipConsequence = Pick<BlockedStep, 'notSkippable' | 'onSkip'>

/** A step that was left out by decision. */
export interface SkippedStep {
  readonly step: string
  readonly host: string
  readonly reason: string
}

/** What `applyCluster` gives back. */
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
  /** It takes away something that runs or once ran in the cluster; an apply asks before it, also without a review. */
  readonly disruptive?: boolean
}

/** What `planCluster` gives back. */
export interface PlanResult {
  readonly kubernetesVersion: string
  readonly changes: readonly PlannedChange[]
  /** What would stop an apply before it changed anything. */
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
  /** Problems, warnings and advice with what fixes each; missing in plans of workers before 0.2. */
  readonly findings?: readonly PreflightFinding[]
}

/** What a step gives back: whether it changed anything, and its effect in a few words. */
export interface StepOutcome {
  readonly changed: boolean
  readonly summary: string
}

/** `blocked`: parked, waits for a decision. `skipped`: left out by decision. */
export type StepState = 'pending' | 'running' | 'unchanged' | 'done' | 'failed' | 'blocked' | 'skipped'

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

/**
 * `waiting`: for something outside, such as the load balancer. `blocked`: nothing goes on any more until somebody
 * decides. `paused`: on request, before the next step. `aborting`: by decision, until what runs has come to its end.
 */
export type OperationState = 'running' | 'waiting' | 'blocked' | 'paused' | 'aborting' | 'done' | 'failed'

/** The answer of the `progress` query. */
export interface OperationProgress {
  readonly cluster: string
  readonly operation: OperationKind
  readonly kubernetesVersion: string
  readonly state: OperationState
  /** In a few words what it waits for, e.g. `load balancer health`, `approval`, `control-planes/cp2`. */
  readonly blockedOn?: string
  /** Steps that wait for a decision; other hosts may still go on beside them. */
  readonly blocked: readonly BlockedStep[]
  /** Whether it was asked to pause, even while a step still comes to its end. */
  readonly paused: boolean
  /** What would change, while it waits for {@link MESSAGES.approve}. */
  readonly approval?: readonly PlannedChange[]
  readonly phases: readonly PhaseProgress[]
  readonly warnings: readonly string[]
  readonly error?: ErrorReport
}

/** Details of an activity's heartbeat: the last thing that is known of a step that runs. Free of secrets. */
export interface StepHeartbeat {
  readonly host: string
  /** Last line of output or what is waited for. */
  readonly line: string
  /** How many attempts in a row have ended in an error; those whose worker died do not count. */
  readonly failures: number
  /** How many have in all, also those after which the count in a row began again. */
  readonly allFailures?: number
  /** What the last of them ended with, where it took long. */
  readonly longReason?: string
}
