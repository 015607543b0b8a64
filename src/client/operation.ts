/** What can be done with a started operation: follow it, decide, cancel. */
import type { OperationInput } from '../operations/input.js'
import type { OperationProgress } from '../operations/progress.js'
import type { Decision, DecisionTaken, SignalName } from '../operations/messages.js'
import type { OperationKind, Results } from '../operations/registry.js'
import type { LastKnown } from './last-known.js'
import type { RunReference } from './run-reference.js'
import type { OperationSnapshot } from './snapshot.js'
import type { WatchOptions } from './watch.js'

/** One run of an operation. */
export interface Operation<Kind extends OperationKind = OperationKind> extends RunReference {
  readonly cluster: string
  /** URL of the run in the Temporal UI, if known. */
  readonly uiAddress?: string
  /** What is known now. */
  describe(): Promise<OperationSnapshot<Kind>>
  /** Yields snapshots until the operation has ended, across restarts of server and workers. */
  watch(options?: WatchOptions): AsyncGenerator<OperationSnapshot<Kind>, void>
  /**
   * Waits for the end.
   * @throws QuorateError with the code and details of the operation's failure.
   */
  result(): Promise<Results[Kind]>
  /** What the run was started with. */
  input(): Promise<OperationInput>
  /**
   * Asks a worker for the progress of the run, while the run takes decisions.
   * @throws QuorateError `OPERATION_ENDED`, `NO_WORKER` when no worker answers, or `RUN_STUCK` when the workers that
   *   exist cannot continue the run; decisions and signals throw these too.
   */
  progress(): Promise<OperationProgress>
  /**
   * Decides what the operation waits for.
   * @throws QuorateError `OPERATION_NOT_BLOCKED`, `STEP_UNKNOWN`, `STEP_NOT_SKIPPABLE`, or as {@link Operation.progress}
   */
  decide(decision: Decision): Promise<DecisionTaken>
  /**
   * Tells the operation something. `pause`: start no further step until the decision `resume`; running steps finish.
   * `loadBalancerReady`: you vouch for the load balancer, and its test is no longer waited for.
   * @throws QuorateError as {@link Operation.progress}
   */
  signal(name: Exclude<SignalName, 'resume'>): Promise<void>
  /**
   * Asks the operation to stop; what runs on hosts is ended in order. Needs no worker at this moment.
   * @throws QuorateError `OPERATION_ENDED`
   */
  cancel(): Promise<void>
  /**
   * Ends the run at once, without its worker: for a run that no longer responds. What runs on hosts runs to its end,
   * and the hosts stay locked by the run.
   * @throws QuorateError `OPERATION_ENDED`
   */
  terminate(reason: string): Promise<void>
  /** What the run's history last says about each host, by the host's name; needs no worker. */
  lastKnown(): Promise<readonly LastKnown[]>
}

/** An operation in a list. */
export interface OperationSummary {
  readonly cluster: string
  readonly kind: OperationKind
  readonly runId: string
  /** As Temporal calls it, e.g. `RUNNING`, `COMPLETED`, `FAILED`. */
  readonly status: string
  readonly startedAt: Date
  readonly closedAt?: Date
}
