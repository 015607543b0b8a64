/** What a phase of an operation is made of, and what comes of it. */
import type { Host } from '../../cluster/model.js'
import type { SkipConsequence } from '../../operations/contract.js'
import type { ErrorReport } from '../../errors/index.js'

export interface PhaseOptions {
  /** What must be done before a host's step begins. */
  readonly after?: (host: Host) => readonly Promise<unknown>[]
  /** One host after the other, as they become ready. A parked host does not hold up the next one. */
  readonly oneAtATime?: boolean
  /** What the steps wait for, where that is something outside. */
  readonly waitsFor?: string
  /**
   * After a step is done, waits for what makes it run again: false when nothing will. The host counts as done
   * meanwhile.
   */
  readonly again?: (host: Host) => Promise<boolean>
  /** Why the operator cannot skip a host's step; undefined where that is possible. */
  readonly notSkippable?: (host: Host) => string | undefined
  /**
   * Takes back what a step that failed has left behind and others would wait for, before the turn is given on and the
   * host is parked; tells what skipping it would mean.
   */
  readonly beforeParking?: (host: Host) => Promise<SkipConsequence>
  /**
   * Undoes what a step that is skipped has left behind and others would stumble over. `isShown`: the operator was shown
   * a consequence.
   */
  readonly leaveOut?: (host: Host, isShown: boolean) => Promise<unknown>
}

/** A phase that goes on while others do. */
export interface Phase<Result> {
  /** Settles with the host's step; undefined when it was skipped. */
  of(host: Host): Promise<Result | undefined>
  /** Settles when all steps have; the results of those that were not skipped. */
  all(): Promise<readonly Result[]>
}

/** What the hosts of a phase gave, and what went wrong on the others. */
export interface PhaseOutcome<Result> {
  readonly results: readonly Result[]
  readonly failures: readonly ErrorReport[]
}

/** What is done for a host. */
export type Act<Result> = (host: Host) => Promise<Result>
