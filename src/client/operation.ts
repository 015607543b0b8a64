/** What one can do with an operation that was started: follow it, decide, cancel. */
import type {
  ApplyResult,
  DecisionTaken,
  OperationInput,
  OperationKind,
  OperationProgress,
  PlanResult,
} from '../operations/contract.js'
import type { LastKnown } from './last-known.js'
import type { RunReference } from './run-reference.js'
import type { OperationSnapshot } from './snapshot.js'
import type { WatchOptions } from './watch.js'

/** One run of an operation. */
export interface Operation<Result extends ApplyResult | PlanResult = ApplyResult> extends RunReference {
  readonly cluster: string
  /** URL of the run in the Temporal UI, where one is known. */
  readonly uiAddress?: string
  /** What is known now. */
  describe(): Promise<OperationSnapshot>
  /** Snapshots until the operation has ended, through restarts of server and workers. */
  watch(options?: WatchOptions): AsyncGenerator<OperationSnapshot, void>
  /**
   * Waits for the end.
   * @throws QuorateError with the code and details of what the operation failed with.
   */
  result(): Promise<Result>
  /** What the run was started with. */
  input(): Promise<OperationInput>
  /**
   * What a worker tells of the run now, while it takes decisions.
   * @throws QuorateError `OPERATION_ENDED`, `NO_WORKER` when no worker answers, or `RUN_STUCK` when those that are there
   *   cannot go on with it; decisions and signals throw these too.
   */
  progress(): Promise<OperationProgress>
  /**
   * Tries a parked step again, or all of them.
   * @throws QuorateError `OPERATION_NOT_BLOCKED`, `STEP_UNKNOWN`
   */
  retry(step?: string): Promise<DecisionTaken>
  /**
   * Leaves a parked step out, and with it its host.
   * @throws QuorateError `OPERATION_NOT_BLOCKED`, `STEP_UNKNOWN`, `STEP_NOT_SKIPPABLE`
   */
  skip(step: string, reason: string): Promise<DecisionTaken>
  /**
   * Ends an operation that waits for a decision, once the steps that run have come to their end.
   * @throws QuorateError `OPERATION_NOT_BLOCKED`
   */
  abort(reason?: string): Promise<DecisionTaken>
  /**
   * Lets an operation go on that was started with a review.
   * @throws QuorateError `OPERATION_NOT_BLOCKED`
   */
  approve(): Promise<DecisionTaken>
  /** Starts no further step until {@link Operation.resume}; what runs comes to its end. */
  pause(): Promise<void>
  /** Goes on after {@link Operation.pause}. */
  resume(): Promise<void>
  /** Vouches for the load balancer, so that its test is not waited for any longer. */
  signalLoadBalancerReady(): Promise<void>
  /**
   * Asks the operation to stop; what runs on hosts is ended in order. Needs no worker now.
   * @throws QuorateError `OPERATION_ENDED`
   */
  cancel(): Promise<void>
  /**
   * Ends the run at once, without its worker: for one that cannot hear. What runs on hosts goes on to its end, and they
   * stay locked by the run.
   * @throws QuorateError `OPERATION_ENDED`
   */
  terminate(reason: string): Promise<void>
  /** The last that is known of each host by the run's history, in the order of the first step there; needs no worker. */
  lastKnown(): Promise<readonly LastKnown[]>
}

/** An operation in a list. */
export interface OperationSummary {
  readonly cluster: string
  readonly kind: OperationKind
  readonly runId: string
  /** Temporal's word, e.g. `RUNNING`, `COMPLETED`, `FAILED`. */
  readonly status: string
  readonly startedAt: Date
  readonly closedAt?: Date
}
