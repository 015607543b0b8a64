/** How the schedules of a cluster stand: when they come due, and what became of the last time. */
import { WorkflowNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client'
import type { ScheduleKind, ScheduleTime } from '../../cluster/schedules.js'
import { isQuorateError, type ErrorReport } from '../../errors/index.js'
import { kindOfWorkflow, type OperationKind, type Results } from '../../operations/registry.js'
import {
  SCHEDULE_KINDS,
  SCHEDULES,
  type DispatchInput,
  type DispatchResult,
} from '../../operations/schedule/schedules.js'
import { isRefused } from '../../operations/tickets.js'
import { operationWorkflowId } from '../../operations/workflow-id.js'
import { firstRunIn } from '../../temporal/seal/client.js'
import { expectOfRun } from '../../temporal/seal/payloads.js'
import { defined } from '../../values/defined.js'
import { reportWorkflowFailure } from '../failure.js'
import type { RunReference } from '../run-reference.js'
import { observe, type OperationSnapshot } from '../snapshot.js'
import { describeSchedule } from './sync.js'

/** A schedule, as the server has it. Times are in milliseconds since the epoch. */
export interface ScheduleState {
  readonly kind: ScheduleKind
  /** Missing if it was not set up with a key that we have. */
  readonly time?: ScheduleTime
  readonly isPaused: boolean
  /** When it comes due next; missing while it is paused. */
  readonly next?: number
  readonly last?: LastTime
  /** How many times were left out because the server was down for longer than they can be made up for. */
  readonly missed: number
  /** How many times were left out because no worker had taken the time before. */
  readonly overlapped: number
}

/**
 * What became of the last time that it came due. `awaits-worker`: no worker has taken it yet. `missed`: none did, for as
 * long as it could have been made up for. `skipped`: another operation held the cluster. `unknown`: the server no longer
 * has the run. The others are states of the operation.
 */
export interface LastTime {
  readonly at: number
  readonly end: OperationSnapshot['state'] | 'awaits-worker' | 'missed' | 'skipped' | 'unknown'
  /** The operation that was started. */
  readonly run?: RunReference
  /** Once the operation is done. */
  readonly result?: Results[OperationKind]
  /** Of an operation or a start that failed. */
  readonly error?: ErrorReport
  /** What held the cluster, if it is still known. */
  readonly heldBy?: { readonly kind: OperationKind; readonly since: number }
}

/** Those that the server has. */
export async function listSchedules(client: Client, clusterName: string): Promise<readonly ScheduleState[]> {
  const states: ScheduleState[] = []
  for (const kind of SCHEDULE_KINDS) {
    const found = await describeSchedule(client, clusterName, kind)
    if (found !== undefined) states.push(await stateOf(client, clusterName, kind, found))
  }
  return states
}

async function stateOf(
  client: Client,
  clusterName: string,
  kind: ScheduleKind,
  { state, info, action }: ScheduleDescription,
): Promise<ScheduleState> {
  const [input] = (action.args ?? []) as readonly DispatchInput[]
  const [next] = info.nextActionTimes
  const recent = info.recentActions.at(-1)
  const last = recent === undefined ? undefined : await lastTime(client, clusterName, kind, recent)
  return {
    kind,
    isPaused: state.paused,
    ...(input === undefined || isRefused(input) ? {} : { time: input.time }),
    ...(next === undefined || state.paused ? {} : { next: next.getTime() }),
    ...defined({ last }),
    missed: info.numActionsMissedCatchupWindow,
    overlapped: info.numActionsSkippedOverlap,
  }
}

type RecentAction = ScheduleDescription['info']['recentActions'][number]

async function lastTime(
  client: Client,
  clusterName: string,
  kind: ScheduleKind,
  { scheduledAt, action: { workflow } }: RecentAction,
): Promise<LastTime> {
  const at = scheduledAt.getTime()
  const dispatched = await dispatchedBy(client, workflow)
  if (typeof dispatched === 'string') return { at, end: dispatched }
  if ('code' in dispatched) return { at, end: 'failed', error: dispatched }
  if (dispatched.outcome === 'skipped') {
    const heldBy = SCHEDULES[kind].operation === 'plan' ? undefined : await holderAt(client, clusterName, at)
    return { at, end: 'skipped', ...defined({ heldBy }) }
  }
  const { workflowId, runId } = dispatched
  const run = { workflowId, runId }
  try {
    const { state, result, error } = await observe(client, run)
    return { at, end: state, run, ...defined({ result, error }) }
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'OPERATION_NOT_FOUND') throw error
    return { at, end: 'unknown', run }
  }
}

/** What the dispatcher says, or why it says nothing. */
async function dispatchedBy(
  client: Client,
  { workflowId, firstExecutionRunId }: RecentAction['action']['workflow'],
): Promise<DispatchResult | ErrorReport | 'awaits-worker' | 'missed' | 'unknown'> {
  const handle = client.workflow.getHandle(workflowId, firstExecutionRunId)
  try {
    const { status, raw, runId } = await handle.describe()
    if (status.name === 'RUNNING') return 'awaits-worker'
    if (status.name === 'TIMED_OUT') return 'missed'
    const result = (await handle.result()) as DispatchResult
    return expectOfRun(client, result, firstRunIn(raw.workflowExecutionInfo, runId), 'what the schedule did')
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown'
    if (isQuorateError(error)) return error.report()
    if (!(error instanceof Error) || error.name !== 'WorkflowFailedError') throw error
    return reportWorkflowFailure(error)
  }
}

/** The operation that held the cluster at a time. The list of runs may lag behind by some seconds. */
async function holderAt(client: Client, clusterName: string, at: number): Promise<LastTime['heldBy']> {
  const query = `WorkflowId = '${operationWorkflowId(clusterName)}' AND StartTime <= '${new Date(at).toISOString()}'`
  for await (const { type, startTime, closeTime } of client.workflow.list({ query })) {
    // Newest first; what had ended by then did not hold it.
    if (closeTime !== undefined && closeTime.getTime() < at) return undefined
    return { kind: kindOfWorkflow(type) ?? 'apply', since: startTime.getTime() }
  }
  return undefined
}
