/** How a phase of a running operation is started, and its outcome. */
import type { Host } from '../../cluster/model.js'
import type { SkipConsequence } from '../../operations/steps.js'
import type { PhaseDefinition } from '../../operations/phase.js'
import type { TakeTurn } from './lanes.js'
import type { ErrorReport } from '../../errors/index.js'

export interface PhaseOptions {
  /** What must be done before a host's step starts. */
  readonly after?: (host: Host) => readonly Promise<unknown>[]
  /** How many of its steps run at once, in a phase without a lane; all of them unless given. Parked ones do not count. */
  readonly atOnce?: number
  /**
   * After a step is done, waits for a reason to run it again; false if there will be none. The host counts as done
   * while it waits.
   */
  readonly again?: (host: Host) => Promise<boolean>
  /** Why the operator cannot skip a host's step; undefined if it can be skipped. */
  readonly notSkippable?: (host: Host) => string | undefined
  /**
   * Takes back what a failed step left behind and others would wait for. Runs before the turn is passed on and the host
   * is parked. Returns what skipping the step would mean.
   */
  readonly beforeParking?: (host: Host) => Promise<SkipConsequence>
  /**
   * Undoes what a skipped step left behind and others would stumble over. `isShown`: the operator was shown a
   * consequence.
   */
  readonly leaveOut?: (host: Host, isShown: boolean) => Promise<unknown>
}

/** A phase that runs in parallel with others. */
export interface Phase<Result> {
  /** Settles when the host's step does; undefined if it was skipped. */
  of(host: Host): Promise<Result | undefined>
  /** Settles when all steps have; gives the results of those that were not skipped. */
  all(): Promise<readonly Result[]>
}

/** The results of a phase's hosts, and the failures of the others. */
export interface PhaseOutcome<Result> {
  readonly results: readonly Result[]
  readonly failures: readonly ErrorReport[]
}

/** What is done for a host. */
export type Act<Result> = (host: Host) => Promise<Result>

/** The steps of a phase: what each host does, and by which rules. */
export interface PhaseSteps<Result> {
  readonly id: string
  readonly definition: PhaseDefinition
  readonly act: Act<Result>
  readonly options: PhaseOptions
  /** Missing: all hosts at once. */
  readonly takeTurn?: TakeTurn
}
