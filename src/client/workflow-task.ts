/**
 * A failing workflow task of a run, as the server reports it. The worker tries the task again and again, and says so
 * only in its log.
 */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client'
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js'
import type { RunReference } from './run-reference.js'
import { defined } from '../values/defined.js'

/** A workflow task that fails whenever it is tried, e.g. because a worker's code does not fit the run. */
export interface TaskFailure {
  /** The first line of what the worker says. */
  readonly cause: string
  /** How often it was tried; missing if only a query to the run revealed it. */
  readonly attempts?: number
  /** Identity of the worker that failed first. */
  readonly worker?: string
  /** Milliseconds since the epoch. */
  readonly since?: number
}

/** Causes that come from the server itself, after which the same worker succeeds (`WorkflowTaskFailedCause`). */
const HARMLESS_CAUSES: ReadonlySet<number> = new Set([
  1, // UNHANDLED_COMMAND: something came in meanwhile
  13, // RESET_STICKY_TASK_QUEUE
  17, // FORCE_CLOSE_COMMAND
  18, // FAILOVER_CLOSE_COMMAND
  20, // RESET_WORKFLOW
  31, // UNHANDLED_UPDATE
])

/** Events are read backwards: those recorded since the failure come first. */
const PAGE_SIZE = 50
const MAX_PAGES = 4

type History = NonNullable<
  Awaited<ReturnType<Client['workflowService']['getWorkflowExecutionHistoryReverse']>>['history']
>
type HistoryEvent = NonNullable<History['events']>[number]

/**
 * Why the workflow task that a run waits for fails; undefined if none does. `known` is the failure seen before: while
 * the same task is being retried, history is not read again.
 */
export async function readTaskFailure(
  client: Client,
  run: RunReference,
  { raw }: WorkflowExecutionDescription,
  known?: TaskFailure,
): Promise<TaskFailure | undefined> {
  const attempts = raw.pendingWorkflowTask?.attempt ?? 0
  // The first attempt has not failed, and whatever failed before it was overcome.
  if (attempts < 2) return undefined
  if (known?.attempts !== undefined && known.attempts <= attempts) return { ...known, attempts }
  const event = await lastOutcome(client, run)
  return event === undefined ? undefined : readFailure(client, event, attempts)
}

/** Undefined if the event is not a failure, or not the worker's failure. */
async function readFailure(
  client: Client,
  { workflowTaskFailedEventAttributes: failed, eventTime }: HistoryEvent,
  attempts: number,
): Promise<TaskFailure | undefined> {
  if (failed == null || HARMLESS_CAUSES.has(Number(failed.cause))) return undefined
  const { loadedDataConverter } = client.options
  const error = await decodeOptionalFailureToOptionalError(loadedDataConverter, failed.failure)
  return {
    cause: firstLine(error?.message ?? ''),
    attempts,
    ...(failed.identity == null || failed.identity === '' ? {} : { worker: failed.identity }),
    ...(eventTime == null ? {} : { since: Number(eventTime.seconds) * 1000 }),
  }
}

/** The failure reported by a worker that could not replay a run to answer a query. */
export function taskFailureOfAnswer(message: string): TaskFailure {
  return { cause: firstLine(message) }
}

/** The event of the last workflow task that came to an end. */
async function lastOutcome(
  client: Client,
  { workflowId, runId }: RunReference,
): Promise<HistoryEvent | undefined> {
  let nextPageToken: Uint8Array | undefined
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: PAGE_SIZE,
      ...defined({ nextPageToken }),
    })
    const found = answer.history?.events?.find(isOutcome)
    if (found !== undefined) return found
    if (answer.nextPageToken.length === 0) return undefined
    nextPageToken = answer.nextPageToken
  }
  return undefined
}

function isOutcome(event: HistoryEvent): boolean {
  return (
    event.workflowTaskFailedEventAttributes != null ||
    event.workflowTaskCompletedEventAttributes != null ||
    event.workflowTaskTimedOutEventAttributes != null
  )
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}
