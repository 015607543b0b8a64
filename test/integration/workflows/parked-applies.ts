/** Applies with fake activities that park, and decisions about them. */
import { ApplicationFailure, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { expect } from 'vitest'
import type { OperationInput } from '../../../src/operations/input.js'
import type { DecisionTaken, MESSAGES } from '../../../src/operations/messages.js'
import { aCluster } from '../../support/clusters.js'
import { progressOf, startScripted, type fakeActivities } from '../../support/fake-activities.js'
import { scriptedWorker } from '../../support/temporal.js'

type Hosts = ReturnType<typeof fakeActivities>

/** Runs an apply with some activities replaced, while `follow` talks to it. */
export async function applyScripted<Result>(
  temporal: TestWorkflowEnvironment,
  { activities }: Hosts,
  replaced: Partial<Record<keyof Hosts['activities'], (...args: never[]) => Promise<unknown>>>,
  follow: (handle: WorkflowHandle) => Promise<Result>,
  input: Partial<OperationInput> = {},
): Promise<Result> {
  const worker = await scriptedWorker(temporal, { ...activities, ...replaced })
  return worker.runUntil(async () =>
    follow(await startScripted(temporal, 'apply', input.cluster ?? aCluster(), input)),
  )
}

/** Waits until nothing can continue without a decision. */
export async function untilBlocked(handle: WorkflowHandle) {
  await expect.poll(async () => (await progressOf(handle)).state, { timeout: 60_000 }).toBe('blocked')
  return progressOf(handle)
}

/** Names of the Updates. */
export type UpdateName = Extract<(typeof MESSAGES)[keyof typeof MESSAGES], { type: 'update' }>['name']

export function decide(handle: WorkflowHandle, update: UpdateName, decision: object) {
  return handle.executeUpdate<DecisionTaken, [object]>(update, { args: [decision] })
}

/** The code with which a decision was refused. */
export async function refusalOf(decision: Promise<unknown>): Promise<string | null | undefined> {
  const error: unknown = await decision.then(
    () => new Error('the decision was taken'),
    (reason: unknown) => reason,
  )
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
    return error.cause.type
  throw error
}

/** {@link applyScripted} on one server. */
export type ApplyScripted = <Result>(
  ...args: [
    hosts: Hosts,
    replaced: Parameters<typeof applyScripted>[2],
    follow: (handle: WorkflowHandle) => Promise<Result>,
    input?: Partial<OperationInput>,
  ]
) => Promise<Result>
