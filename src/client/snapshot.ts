/** What is known of an operation at one moment, gathered from the server and, if one answers, a worker. */
import type { RunReference } from './run-reference.js'
import {
  QueryNotRegisteredError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client'
import { MESSAGES } from '../operations/messages.js'
import type { OperationProgress, OperationState } from '../operations/progress.js'
import { clusterOfWorkflow } from '../operations/workflow-id.js'
import { kindOfWorkflow, type OperationKind, type Results } from '../operations/registry.js'
import { defined } from '../values/defined.js'
import { plainValue } from '../values/plain-value.js'
import { isQuorateError, QuorateError, type ErrorCode, type ErrorReport } from '../errors/index.js'
import { reportWorkflowFailure } from './failure.js'
import { runningSteps, type RunningStep } from './running-steps.js'
import { firstRunIn } from '../temporal/seal/client.js'
import { expectOfRun } from '../temporal/seal/payloads.js'
import { pollingWorkers, type PollingWorker } from './workers.js'
import { readTaskFailure, taskFailureOfAnswer, type TaskFailure } from './workflow-task.js'

/** Milliseconds that a call may take before the other side counts as unreachable. */
const CALL_TIMEOUT_MS = 3_000
const STOPPED_ON_PURPOSE: readonly ErrorCode[] = ['OPERATION_CANCELLED', 'OPERATION_ABORTED']

/**
 * Who answers. `worker`: a worker answers for the run. `failing`: workers poll, but fail the run's workflow task.
 * `busy`: workers polled within the last minute or so, but none answers now. `server`: only the server; no worker polls
 * for the run. `nobody`: not even the server.
 */
export type Reach = 'worker' | 'failing' | 'busy' | 'server' | 'nobody'

/** An operation at one moment; its kind tells what its result is. */
export type OperationSnapshot<Kind extends OperationKind = OperationKind> = {
  [Each in Kind]: SnapshotOf<Each>
}[Kind]

/** What is known of an operation of this kind. */
interface SnapshotOf<Kind extends OperationKind> extends RunReference {
  readonly kind: Kind
  readonly cluster: string
  /** While the run is open, the state that its worker reports. `cancelled`: stopped on purpose, also by a decision. */
  readonly state: OperationState | 'cancelled'
  readonly reach: Reach
  /** The queue that its workers poll; shows the version of its sequence. */
  readonly taskQueue: string
  /** The release of Quorate that started it; missing if the run does not say. */
  readonly startedWith?: string
  /** Workers that polled for it recently; only asked for if none answered. */
  readonly workers?: readonly PollingWorker[]
  /** Why it does not continue, although workers poll or did. */
  readonly taskFailure?: TaskFailure
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly closedAt?: number
  /** The last progress that a worker reported; missing until a worker has answered once. */
  readonly progress?: OperationProgress
  readonly steps: readonly RunningStep[]
  /** Only if the operation is done. */
  readonly result?: Results[Kind]
  /** Only if the operation failed or was cancelled. */
  readonly error?: ErrorReport
}

/**
 * Looks at a run. `previous` supplies what is not available at this moment.
 * @throws QuorateError `OPERATION_NOT_FOUND`, and gRPC errors when the server is unreachable.
 */
export async function observe(
  client: Client,
  run: RunReference,
  previous?: OperationSnapshot,
): Promise<OperationSnapshot> {
  const handle = client.workflow.getHandle(run.workflowId, run.runId)
  const description = await withDeadline(client, () => describe(handle, run))
  const isOpen = description.status.name === 'RUNNING' || description.status.name === 'PAUSED'
  const { progress, ...heard } = isOpen
    ? await hear(client, run, description, previous?.taskFailure)
    : await hearOfClosed(client, run, description)
  const known = progress ?? previous?.progress
  const startedWith = description.memo?.['quorate']
  const kind = kindOfWorkflow(description.type)
  const common = {
    ...run,
    // A kind of a later release changes the cluster, as far as this one can tell.
    kind: kind ?? 'apply',
    cluster: clusterOf(run.workflowId),
    ...heard,
    taskQueue: description.taskQueue,
    startedAt: description.startTime.getTime(),
    ...(typeof startedWith === 'string' ? { startedWith } : {}),
    ...defined({ progress: known }),
  } as const
  if (isOpen) {
    return plainValue({
      ...common,
      state: openState(known),
      steps: await runningSteps(client, description),
    })
  }
  const closedAt = description.closeTime?.getTime()
  const { result, ...how } = await withDeadline(client, () => outcome(client, handle, chainOf(description)))
  const closed = {
    ...common,
    ...how,
    steps: [],
    ...defined({ closedAt }),
    // The result of a kind that this release does not know could be anything.
    ...(kind === undefined || result === undefined ? {} : { result }),
  }
  return plainValue(closed as OperationSnapshot)
}

type Heard = Pick<OperationSnapshot, 'reach' | 'progress' | 'workers' | 'taskFailure'>

/** Asks the worker of an open run. If none answers, asks the server why. */
async function hear(
  client: Client,
  run: RunReference,
  description: WorkflowExecutionDescription,
  known: TaskFailure | undefined,
): Promise<Heard> {
  const failure = await withDeadline(client, () => readTaskFailure(client, run, description, known))
  // The server rejects queries to such a run, or never answers them.
  const answer: Answer =
    failure === undefined ? await queryProgress(client, run, chainOf(description)) : { kind: 'none' }
  if (answer.kind === 'progress') return { reach: 'worker', progress: answer.progress }
  // Between two attempts the failure is not visible. Only an answer proves that it is overcome.
  const taskFailure = answer.kind === 'failed' ? answer.failure : (failure ?? known)
  const workers = await withDeadline(client, () => pollingWorkers(client, description.taskQueue))
  if (taskFailure === undefined) return { reach: workers.length > 0 ? 'busy' : 'server', workers }
  return { reach: workers.length > 0 ? 'failing' : 'server', workers, taskFailure }
}

/** No worker has to answer for a run that has ended; what one still knows is a bonus. */
async function hearOfClosed(
  client: Client,
  run: RunReference,
  description: WorkflowExecutionDescription,
): Promise<Heard> {
  const answer = await queryProgress(client, run, chainOf(description))
  return answer.kind === 'progress' ? { reach: 'worker', progress: answer.progress } : { reach: 'server' }
}

/** Whether nothing will change any more. */
export function isClosed({ state }: Pick<OperationSnapshot, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}

/** The worker may have reported the end before the server knows of it. */
function openState(progress: OperationProgress | undefined): OperationState {
  const state = progress?.state ?? 'running'
  return state === 'done' || state === 'failed' ? 'running' : state
}

async function describe(handle: WorkflowHandle, run: RunReference): Promise<WorkflowExecutionDescription> {
  try {
    return await handle.describe()
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error
    throw new QuorateError(
      'OPERATION_NOT_FOUND',
      `there is no operation on the cluster ${clusterOf(run.workflowId)}`,
    )
  }
}

/** The first run of the chain, which seals name. */
function chainOf({ raw, runId }: WorkflowExecutionDescription): string {
  return firstRunIn(raw.workflowExecutionInfo, runId)
}

/** The outcome of a query to a run. */
type Answer =
  | { readonly kind: 'progress'; readonly progress: OperationProgress }
  /** A worker took the query but could not replay the run. */
  | { readonly kind: 'failed'; readonly failure: TaskFailure }
  /** No worker, a busy worker, or a run that has not begun: what the server itself knows must do. */
  | { readonly kind: 'none' }

async function queryProgress(
  client: Client,
  { workflowId, runId }: RunReference,
  chain: string,
): Promise<Answer> {
  const handle = client.workflow.getHandle(workflowId, runId)
  try {
    const answer = await withDeadline(client, () => handle.query(MESSAGES.progress))
    return { kind: 'progress', progress: expectOfRun(client, answer, chain, 'the answer of the worker') }
  } catch (error) {
    // The SDK uses this name for every answer that is an error of the worker's.
    if (!(error instanceof QueryNotRegisteredError)) return { kind: 'none' }
    return { kind: 'failed', failure: taskFailureOfAnswer(error.message) }
  }
}

async function outcome(
  client: Client,
  handle: WorkflowHandle,
  chain: string,
): Promise<Pick<OperationSnapshot, 'state' | 'result' | 'error'>> {
  try {
    const result = expectOfRun(client, (await handle.result()) as Results[OperationKind], chain, 'its result')
    return { state: 'done', result }
  } catch (failure) {
    // The server says that the run is done, but whoever reaches the server can make it say so.
    if (isQuorateError(failure)) return { state: 'failed', error: failure.report() }
    if (!(failure instanceof Error) || failure.name !== 'WorkflowFailedError') throw failure
    const error = reportWorkflowFailure(failure)
    return { state: STOPPED_ON_PURPOSE.includes(error.code) ? 'cancelled' : 'failed', error }
  }
}

function withDeadline<Result>(client: Client, call: () => Promise<Result>): Promise<Result> {
  return client.withDeadline(Date.now() + CALL_TIMEOUT_MS, call)
}

function clusterOf(workflowId: string): string {
  return clusterOfWorkflow(workflowId) ?? workflowId
}
