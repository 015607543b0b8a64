/** What is known of an operation at one moment, gathered from the server and, when one is there, a worker. */
import {
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client'
import {
  MESSAGES,
  WORKFLOWS,
  type ApplyResult,
  type OperationKind,
  type OperationProgress,
  type OperationState,
  type PlanResult,
} from '../cluster/operation.js'
import { isQuorateError, QuorateError, type ErrorCode, type ErrorReport } from '../errors/index.js'
import { reportWorkflowFailure } from './failure.js'
import { runningSteps, type RunningStep } from './running-steps.js'
import { expectOfRun } from './seal/payloads.js'

/** Milliseconds that a call may take before the other side counts as away. */
const CALL_TIMEOUT_MS = 3_000
const STOPPED_ON_PURPOSE: readonly ErrorCode[] = ['OPERATION_CANCELLED', 'OPERATION_ABORTED']

/** Which run of which workflow. */
export interface RunReference {
  readonly workflowId: string
  readonly runId: string
}

/** Whom we hear: a worker and the server, only the server, or nobody. */
export type Reach = 'worker' | 'server' | 'nobody'

/** An operation at one moment. */
export interface OperationSnapshot extends RunReference {
  readonly kind: OperationKind
  readonly cluster: string
  /** While it is open, what its worker says of itself; `cancelled`: stopped on purpose, also by a decision. */
  readonly state: OperationState | 'cancelled'
  readonly reach: Reach
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly closedAt?: number
  /** The last that a worker told; missing until a worker answered once. */
  readonly progress?: OperationProgress
  readonly steps: readonly RunningStep[]
  /** Of an operation that is done. */
  readonly result?: ApplyResult | PlanResult
  /** Of an operation that failed or was cancelled. */
  readonly error?: ErrorReport
}

/**
 * Looks at a run. `previous` supplies what can not be had at this moment.
 * @throws QuorateError `OPERATION_NOT_FOUND`, and gRPC errors when the server is away.
 */
export async function observe(
  client: Client,
  run: RunReference,
  previous?: OperationSnapshot,
): Promise<OperationSnapshot> {
  const handle = client.workflow.getHandle(run.workflowId, run.runId)
  const description = await withDeadline(client, () => describe(handle, run))
  const isOpen = description.status.name === 'RUNNING' || description.status.name === 'PAUSED'
  const first = description.raw.workflowExecutionInfo?.firstRunId ?? ''
  const chain = first === '' ? description.runId : first
  const progress = await queryProgress(client, handle, chain)
  const known = progress ?? previous?.progress
  const common = {
    ...run,
    kind: kindOf(description.type),
    cluster: clusterOf(run.workflowId),
    reach: progress === undefined ? 'server' : 'worker',
    startedAt: description.startTime.getTime(),
    ...(known === undefined ? {} : { progress: known }),
  } as const
  if (isOpen) {
    return { ...common, state: openState(known), steps: await runningSteps(client, description) }
  }
  const closedAt = description.closeTime?.getTime()
  const end = await withDeadline(client, () => outcome(client, handle, chain))
  return { ...common, steps: [], ...end, ...(closedAt === undefined ? {} : { closedAt }) }
}

/** Whether nothing will change any more. */
export function isClosed({ state }: OperationSnapshot): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}

/** The worker may have told of the end before the server knows of it. */
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

async function queryProgress(
  client: Client,
  handle: WorkflowHandle,
  chain: string,
): Promise<OperationProgress | undefined> {
  try {
    const answer = await withDeadline(client, () => handle.query<OperationProgress>(MESSAGES.progress))
    return expectOfRun(client, answer, chain, 'the answer of the worker')
  } catch {
    // No worker, a worker that is busy, or a run that has not begun: the server's own knowledge must do.
    return undefined
  }
}

async function outcome(
  client: Client,
  handle: WorkflowHandle,
  chain: string,
): Promise<Pick<OperationSnapshot, 'state' | 'result' | 'error'>> {
  try {
    const result = expectOfRun(
      client,
      (await handle.result()) as ApplyResult | PlanResult,
      chain,
      'its result',
    )
    return { state: 'done', result }
  } catch (failure) {
    // The server says that it is done, which whoever reaches the server can have it say.
    if (isQuorateError(failure)) return { state: 'failed', error: failure.report() }
    if (!(failure instanceof Error) || failure.name !== 'WorkflowFailedError') throw failure
    const error = reportWorkflowFailure(failure)
    return { state: STOPPED_ON_PURPOSE.includes(error.code) ? 'cancelled' : 'failed', error }
  }
}

function withDeadline<Result>(client: Client, call: () => Promise<Result>): Promise<Result> {
  return client.withDeadline(Date.now() + CALL_TIMEOUT_MS, call)
}

function kindOf(workflowType: string): OperationKind {
  return workflowType === WORKFLOWS.plan ? 'plan' : 'apply'
}

/** `cluster/<name>` or `cluster/<name>/plan/…` */
function clusterOf(workflowId: string): string {
  return workflowId.split('/')[1] ?? workflowId
}
