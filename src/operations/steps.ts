/** One host's step in a phase: its outcome, its heartbeat, and what becomes of it when it is parked. */
import type { ErrorReport } from '../errors/index.js'

/** The result of a step: whether it changed anything, and its effect in a few words. */
export interface StepOutcome {
  readonly changed: boolean
  readonly summary: string
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

/** A step that retries could not fix: it is parked until somebody decides. */
export interface BlockedStep {
  /** The ID that decisions use, e.g. `control-planes/cp2`. */
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

/** What to do with an operation's units that still run on a host when the operation releases the host. */
export type UnitsAtRelease = 'stop' | 'leave'
