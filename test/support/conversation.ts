/** Talking to runs: what they show, decisions about them, and how they end. */
import {
  ApplicationFailure,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  type Workflow,
  type WorkflowHandle,
  type WorkflowResultType,
} from '@temporalio/client'
import { MESSAGES, type DecisionTaken } from '../../src/operations/messages.js'
import type { OperationProgress } from '../../src/operations/progress.js'
import { eventually } from './eventually.js'

/** The answer of the `progress` query. */
export function progressOf(run: WorkflowHandle): Promise<OperationProgress> {
  return run.query(MESSAGES.progress)
}

/** Waits until the run is in a state; `blocked`: nothing can continue without a decision. */
export async function untilState(
  run: WorkflowHandle,
  state: OperationProgress['state'],
  patienceMs?: number,
): Promise<OperationProgress> {
  const isReached = async () => (await progressOf(run)).state === state
  await eventually(isReached, `${run.workflowId} is ${state}`, patienceMs)
  return progressOf(run)
}

/** Waits until this step is parked, whatever else goes on, and gives it. */
export async function untilParked(run: WorkflowHandle, step: string) {
  const find = async () => (await progressOf(run)).blocked.find((one) => one.step === step)
  await eventually(async () => (await find()) !== undefined, `${step} is parked`)
  return find()
}

/** Names of the Updates. */
type UpdateName = Extract<(typeof MESSAGES)[keyof typeof MESSAGES], { type: 'update' }>['name']

/** Sends a decision; `{}` is about everything that is parked. */
export function decide(
  run: WorkflowHandle,
  update: UpdateName,
  decision: object = {},
): Promise<DecisionTaken> {
  return run.executeUpdate<DecisionTaken, [object]>(update, { args: [decision] })
}

/** The code with which a decision was refused. */
export async function refusalOf(decision: Promise<unknown>): Promise<string | null | undefined> {
  const error = await rejectionOf(decision)
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
    return error.cause.type
  throw error
}

/** How the run ends; as the whole of a conversation, too. */
export function result<T extends Workflow>(run: WorkflowHandle<T>): Promise<WorkflowResultType<T>> {
  return run.result()
}

/** The failure that ends the run; as the whole of a conversation, too. */
export async function failure(run: WorkflowHandle): Promise<ApplicationFailure> {
  const error = await rejectionOf(run.result())
  if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) return error.cause
  throw error
}

function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('it was expected to fail'),
    (reason: unknown) => reason,
  )
}
