/** The running activities of a run, from the server's description, which has them even without a worker. */
import { readActivityId } from './activity-id.js'
import type { Client, WorkflowExecutionDescription } from '@temporalio/client'
import { decodeTimeoutType } from '@temporalio/common'
import type { StepHeartbeat } from '../operations/steps.js'
import { QuorateError, type ErrorReport } from '../errors/index.js'
import { reportOfDetails } from './failure.js'
import { clientCodec, decodePayloads } from '../temporal/seal/payloads.js'
import { defined } from '../values/defined.js'

/** A step that runs now, or waits for its next attempt. */
export interface RunningStep {
  /** Name of the activity. */
  readonly activity: string
  /** Known once the step has given a sign of life. */
  readonly host?: string
  /** Its last line of output, or what it waits for. */
  readonly line?: string
  /** 1 for the first. */
  readonly attempt: number
  /** Why the attempt before failed. */
  readonly lastError?: ErrorReport
  /** When the next attempt begins, in milliseconds since the epoch; undefined while one runs. */
  readonly nextAttemptAt?: number
}

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number]
type Failure = NonNullable<PendingActivity['lastFailure']>
type Payloads = NonNullable<PendingActivity['heartbeatDetails']>['payloads']

/** The SDK's name for the failure of an activity that a worker gives up during an orderly shutdown. */
const SHUT_DOWN = 'WorkerShutdown'

/** The steps that run or wait for their next attempt. */
export function runningSteps(
  client: Client,
  { raw, workflowId }: WorkflowExecutionDescription,
): Promise<RunningStep[]> {
  return Promise.all((raw.pendingActivities ?? []).map((pending) => runningStep(client, workflowId, pending)))
}

async function runningStep(
  client: Client,
  workflowId: string,
  pending: PendingActivity,
): Promise<RunningStep> {
  const context = {
    type: 'activity',
    namespace: client.options.namespace,
    workflowId,
    activityId: pending.activityId ?? '',
    isLocal: false,
  } as const
  const read = (payloads: Payloads) => decodePayloads(clientCodec(client), payloads ?? [], context)
  const [heartbeat] = (await read(pending.heartbeatDetails?.payloads)).filter(isHeartbeat)
  const details = await read(pending.lastFailure?.applicationFailureInfo?.details?.payloads)
  return describeStep(pending, heartbeat, errorOf(pending.lastFailure, details))
}

function describeStep(
  pending: PendingActivity,
  heartbeat: StepHeartbeat | undefined,
  lastError: ErrorReport | undefined,
): RunningStep {
  const host = heartbeat?.host ?? lastError?.host ?? readActivityId(pending.activityId)?.host
  const nextAttemptAt = secondsOf(pending)
  return {
    activity: pending.activityType?.name ?? 'unknown',
    attempt: pending.attempt ?? 1,
    ...(host === undefined || host === '' ? {} : { host }),
    ...defined({ line: heartbeat?.line, lastError, nextAttemptAt }),
  }
}

/** A refused payload does not count as a heartbeat. */
function isHeartbeat(value: unknown): value is StepHeartbeat {
  return typeof value === 'object' && value !== null && 'host' in value && 'line' in value
}

function errorOf(failure: Failure | null | undefined, details: readonly unknown[]): ErrorReport | undefined {
  if (failure === null || failure === undefined) return undefined
  const report = reportOfDetails(details)
  if (report !== undefined) return report
  if (decodeTimeoutType(failure.timeoutFailureInfo?.timeoutType) === 'HEARTBEAT') {
    return new QuorateError('WORKER_LOST', 'the worker stopped sending heartbeats').report()
  }
  if (failure.applicationFailureInfo?.type === SHUT_DOWN) {
    return new QuorateError('WORKER_LOST', 'the worker was shut down').report()
  }
  return new QuorateError('OPERATION_FAILED', failure.message ?? 'the attempt failed').report()
}

function secondsOf({ nextAttemptScheduleTime }: PendingActivity): number | undefined {
  const seconds = nextAttemptScheduleTime?.seconds
  return seconds === null || seconds === undefined ? undefined : Number(seconds) * 1000
}
