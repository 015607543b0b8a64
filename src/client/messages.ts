/**
 * The operator's messages to a run: decisions as Updates, pause and the like as Signals. Each message first checks that
 * a worker answers. Otherwise it could wait for a later worker, when it may no longer be meant.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client'
import { MESSAGES, type Decision, type DecisionTaken, type SignalName } from '../operations/messages.js'
import type { OperationProgress } from '../operations/progress.js'
import { QuorateError } from '../errors/index.js'
import { reportWorkflowFailure } from './failure.js'
import { poll } from '../temporal/poll.js'
import { expectSealed } from '../temporal/seal/payloads.js'
import { isServerAway } from '../temporal/service-error.js'
import type { RunReference } from './run-reference.js'
import { isClosed, observe, type OperationSnapshot } from './snapshot.js'
import { stuckError } from './stuck.js'
import { defined } from '../values/defined.js'

/** Long enough for a worker that has just started or is busy. */
const WORKER_TIMEOUT_MS = 10_000
/** Decisions are recorded at once; only a worker that died meanwhile takes longer. */
const ANSWER_TIMEOUT_MS = 20_000
const RETRY_MS = 500
const NOTHING_DECIDED = 'nothing was decided'

/** The decisions that are Updates, which the run may refuse. */
type UpdateDecision = Exclude<Decision, { kind: 'resume' }>

/** The client to use now. It may change when the engine is started again. */
type CurrentClient = () => Client

/**
 * Asks a worker for the progress of an open run.
 * @throws QuorateError `OPERATION_NOT_FOUND`; `OPERATION_ENDED`, saying how; `NO_WORKER` when none answers; `RUN_STUCK`
 *   when the workers that exist cannot continue the run.
 */
export async function askProgress(client: Client, run: RunReference): Promise<OperationProgress> {
  let last: OperationSnapshot | undefined
  const look = async (): Promise<OperationProgress | undefined> => {
    last = await observe(client, run, last)
    if (isClosed(last)) throw ended(last)
    if (last.reach === 'failing') throw stuckError(last, NOTHING_DECIDED)
    return last.reach === 'worker' ? last.progress : undefined
  }
  const progress = await poll(look, { everyMs: RETRY_MS, timeoutMs: WORKER_TIMEOUT_MS })
  if (progress !== undefined) return progress
  if (last !== undefined) throw stuckError(last, NOTHING_DECIDED)
  throw new QuorateError('NO_WORKER', `no worker answers for ${run.workflowId}; ${NOTHING_DECIDED}`)
}

/**
 * Sends a decision and waits until it is taken. Each decision has its own ID: if the server is lost before it answers,
 * sending the decision again does not decide twice.
 * @throws QuorateError as {@link askProgress}, and the error with which the run refuses the decision.
 */
export async function sendDecision(
  client: CurrentClient,
  run: RunReference,
  decision: Decision,
): Promise<DecisionTaken> {
  if (decision.kind === 'resume') {
    await sendSignal(client(), run, decision.kind)
    return { steps: [] }
  }
  await askProgress(client(), run)
  const updateId = randomUUID()
  const deadline = Date.now() + ANSWER_TIMEOUT_MS
  for (;;) {
    try {
      const handle = client().workflow.getHandle(run.workflowId, run.runId)
      const taken = await client().withDeadline(deadline, () => update(handle, decision, updateId))
      return expectSealed(taken, 'the answer to the decision')
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw await whyClosed(client(), run, error)
      if (error instanceof WorkflowUpdateFailedError) throw refusal(error)
      const isLate = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || Date.now() >= deadline
      if (isLate) throw unanswered(run, error)
      if (!isServerAway(error)) throw error
      await delay(RETRY_MS)
    }
  }
}

function update(handle: WorkflowHandle, decision: UpdateDecision, updateId: string): Promise<DecisionTaken> {
  switch (decision.kind) {
    case 'retry': {
      const { step } = decision
      return handle.executeUpdate(MESSAGES.retryStep, {
        updateId,
        args: [defined({ step })],
      })
    }
    case 'skip': {
      const { step, reason } = decision
      return handle.executeUpdate(MESSAGES.skipStep, { updateId, args: [{ step, reason }] })
    }
    case 'abort': {
      const { reason } = decision
      return handle.executeUpdate(MESSAGES.abort, {
        updateId,
        args: [defined({ reason })],
      })
    }
    case 'approve':
      return handle.executeUpdate(MESSAGES.approve, { updateId })
    case 'now':
      return handle.executeUpdate(MESSAGES.overrideWindow, { updateId })
  }
}

/**
 * Sends a Signal.
 * @throws QuorateError as {@link askProgress}.
 */
export async function sendSignal(client: Client, run: RunReference, name: SignalName): Promise<void> {
  await askProgress(client, run)
  try {
    await client.workflow.getHandle(run.workflowId, run.runId).signal(MESSAGES[name])
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw await whyClosed(client, run, error)
    throw error
  }
}

/**
 * Asks a run to stop. The server keeps the request, so it needs no worker now.
 * @throws QuorateError `OPERATION_ENDED`
 */
export async function requestCancel(client: Client, run: RunReference): Promise<void> {
  await requireOpen(client, run)
  await client.workflow.getHandle(run.workflowId, run.runId).cancel()
}

/**
 * Ends a run at once, without its worker. Nothing is stopped on hosts, and no lock is released.
 * @throws QuorateError `OPERATION_ENDED`
 */
export async function terminate(client: Client, run: RunReference, reason: string): Promise<void> {
  await requireOpen(client, run)
  await client.workflow.getHandle(run.workflowId, run.runId).terminate(reason)
}

/** The server silently accepts both requests for a run that has ended. */
async function requireOpen(client: Client, run: RunReference): Promise<void> {
  const snapshot = await observe(client, run)
  if (isClosed(snapshot)) throw ended(snapshot)
}

/** Temporal also answers "not found" for a run that has ended. */
async function whyClosed(client: Client, run: RunReference, error: Error): Promise<Error> {
  const snapshot = await observe(client, run)
  return isClosed(snapshot) ? ended(snapshot) : error
}

function ended({ kind, cluster, state, error, closedAt }: OperationSnapshot): QuorateError {
  const when = closedAt === undefined ? '' : ` at ${new Date(closedAt).toISOString()}`
  const how = error === undefined ? state : `${state}, ${error.message} (${error.code})`
  return new QuorateError('OPERATION_ENDED', `the ${kind} of ${cluster} ended${when}: ${how}`)
}

function refusal({ cause }: WorkflowUpdateFailedError): QuorateError {
  const report = reportWorkflowFailure(cause)
  return new QuorateError(report.code, report.message, report)
}

function unanswered({ workflowId }: RunReference, cause: unknown): QuorateError {
  const seconds = ANSWER_TIMEOUT_MS / 1000
  return new QuorateError(
    'NO_WORKER',
    `no worker answered the decision on ${workflowId} within ${seconds} s; one that starts soon may still take it`,
    { cause, hint: 'run `quorate status` to see whether it was taken before you decide again' },
  )
}
