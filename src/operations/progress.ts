/** How far an operation is: the answer of its `progress` query. */
import type { ErrorReport } from '../errors/index.js'
import type { OperationKind } from './registry.js'
import type { PlannedChange } from './results.js'
import type { BlockedStep } from './steps.js'

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
  /** What users type in front of a host's name, e.g. `control-planes`. Workers of earlier releases do not tell it. */
  readonly id?: string
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
  /** What would change, while it waits for an approval. */
  readonly approval?: readonly PlannedChange[]
  /** When the window opens that it waits for, in words, e.g. `Sat 2026-11-28 01:00 Europe/Berlin`. */
  readonly window?: string
  readonly phases: readonly PhaseProgress[]
  readonly warnings: readonly string[]
  readonly error?: ErrorReport
}
