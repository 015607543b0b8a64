/**
 * What an operation is called, what it takes, what it reports while it runs, and what it returns. Shared by the
 * workflows that run it and the client that watches it.
 */
import type { ErrorReport } from '../errors/index.js'
import type { Cluster } from '../cluster/model.js'
import type { PreflightFinding } from '../preflight/finding.js'

/** Workflow type names. They are stable, because histories contain them. */
export const WORKFLOWS = { apply: 'applyCluster', plan: 'planCluster' } as const

/**
 * Version of the sequence: what the workflows do in which order, with which messages, and how they call activities. A
 * release that could not continue the runs of the release before it raises this number (docs/architecture.md).
 */
const SEQUENCE = 1

/**
 * Task queue of the runs of a sequence. Each sequence has its own queue, so that no worker ever gets a run that its
 * code cannot replay, whichever releases share a server.
 */
export function taskQueueOf(sequence: number): string {
  return `quorate-${sequence}`
}

/** Task queue of the runs that this release starts, and the only one that its workers poll. */
export const TASK_QUEUE = taskQueueOf(SEQUENCE)

/** Names of the messages that a running operation takes. */
export const MESSAGES = {
  /** Query without arguments; returns {@link OperationProgress}. */
  progress: 'progress',
  /** Signal without arguments: the operator vouches for the load balancer. */
  loadBalancerReady: 'loadBalancerReady',
  /** Signal without arguments: start no further step until {@link MESSAGES.resume}; running steps finish. */
  pause: 'pause',
  /** Signal without arguments: continue after {@link MESSAGES.pause}. */
  resume: 'resume',
  /** Update with {@link RetryDecision}; returns {@link DecisionTaken}. */
  retryStep: 'retryStep',
  /** Update with {@link SkipDecision}; returns {@link DecisionTaken}. */
  skipStep: 'skipStep',
  /** Update with {@link AbortDecision}; returns {@link DecisionTaken}. */
  abort: 'abort',
  /** Update without arguments: continue with what the plan shows; returns {@link DecisionTaken}. */
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

/** The ID of the only workflow that may change a cluster. It acts as the cluster's lock. */
export function operationWorkflowId(clusterName: string): string {
  return `cluster/${clusterName}`
}

/** The cluster that a workflow is about, by its ID; undefined for a workflow of somebody else. */
export function clusterOfWorkflow(workflowId: string | null | undefined): string | undefined {
  const [kind, cluster] = (workflowId ?? '').split('/')
  return kind === 'cluster' ? cluster : undefined
}

/** Input of both workflows. */
export interface OperationInput {
  readonly cluster: Cluster
  /** Whether search attributes are registered in the namespace, so that the workflow may set them. */
  readonly searchAttributes: boolean
  /** Wait for {@link MESSAGES.approve} once the changes are known and before anything is changed. */
  readonly review?: boolean
}

/** Tries parked steps again. */
export interface RetryDecision {
  /** Default: every parked step. */
  readonly step?: string
}

/** Skips a parked step, and leaves its host out for the rest of the operation. */
export interface SkipDecision {
  readonly step: string
  /** Kept in the result and in history. */
  readonly reason: string
}

/**
 * Ends an operation that waits for a decision or for something outside. Running steps finish first. Steps that only
 * wait are stopped.
 */
export interface AbortDecision {
  readonly reason?: string
}

/** What a decision applied to: IDs of steps, or `plan` for the approval. */
export interface DecisionTaken {
  readonly steps: readonly string[]
}

/** What to do with an operation's units that still run on a host when the operation releases the host. */
export type UnitsAtRelease = 'stop' | 'leave'

/** The ID that decisions use for the step of a host in a phase, e.g. `control-planes/cp2`. */
export function stepId(phaseTitle: string, host: string): string {
  return `${phaseTitle.toLowerCase().replaceAll(' ', '-')}/${host}`
}

/** A step that retries could not fix: it is parked until somebody decides. */
export interface BlockedStep {
  /** See {@link stepId}. */
  readonly step: string
  /** Title of the phase. */
  readonly phase: string
  readonly host: string
  readonly error: ErrorReport
  /** Milliseconds since the epoch, workflow time. */
  readonly since: number
  /** Why it cannot be skipped; undefined if it can. */
  readonly notSkippable?: string
  /** What skipping it does besides leaving the host out, e.g. `takes its etcd member out`. Shown to the operator. */
  readonly onSkip?: string
}

/** What skipping a step would mean, as known before the step is parked. */
export type SkipConsequence = Pick<BlockedStep, 'notSkippable' | 'onSkip'>

/** A step that was skipped by decision. */
export interface SkippedStep {
  readonly step: string
  readonly host: string
  readonly reason: string
}

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
}

/** The result of a step: whether it changed anything, and its effect in a few words. */
export interface StepOutcome {
  readonly changed: boolean
  readonly summary: string
}

/** `blocked`: parked; waits for a decision. `skipped`: left out by decision. */
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
 * `waiting`: for something outside, such as the load balancer. `blocked`: nothing more happens until somebody decides.
 * `paused`: on request, before the next step. `aborting`: by decision, until the running steps have finished.
 */
export type OperationState = 'running' | 'waiting' | 'blocked' | 'paused' | 'aborting' | 'done' | 'failed'

/** The answer of the `progress` query. */
export interface OperationProgress {
  readonly cluster: string
  readonly operation: OperationKind
  readonly kubernetesVersion: string
  readonly state: OperationState
  /** What it waits for, in a few words, e.g. `load balancer health`, `approval`, `control-planes/cp2`. */
  readonly blockedOn?: string
  /** Steps that wait for a decision; other hosts may still continue. */
  readonly blocked: readonly BlockedStep[]
  /** Whether it was asked to pause, even if a step has not finished yet. */
  readonly paused: boolean
  /** What would change, while it waits for {@link MESSAGES.approve}. */
  readonly approval?: readonly PlannedChange[]
  readonly phases: readonly PhaseProgress[]
  readonly warnings: readonly string[]
  readonly error?: ErrorReport
}

/** Details of an activity's heartbeat: the last thing known about a running step. Contains no secrets. */
export interface StepHeartbeat {
  readonly host: string
  /** Last line of output or what is waited for. */
  readonly line: string
  /** How many attempts in a row ended in an error. Attempts whose worker died do not count. */
  readonly failures: number
  /** How many attempts ended in an error in total, including those before the count in a row was reset. */
  readonly allFailures?: number
  /** The error that the last of them ended with, if that attempt took long. */
  readonly longReason?: string
}
