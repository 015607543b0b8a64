/** Payloads that the owner has sealed, taken from a history by a stranger and sent again, elsewhere, or mixed. */
import { randomUUID } from 'node:crypto'
import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { TASK_QUEUE } from '../../../src/operations/task-queue.js'
import { sendDecision, sendSignal } from '../../../src/client/messages.js'
import { currentActivity } from '../../../src/temporal/seal/activity-guard.js'
import { SealCodec } from '../../../src/temporal/seal/codec.js'
import { SealKeys } from '../../../src/temporal/seal/keys.js'
import type { RunReference } from '../../../src/client/run-reference.js'
import { PATIENCE, SealScene } from './scene.js'
import { SeenPayloads, startRaw } from './stranger.js'

const scene = SealScene.forFile()

/** Values of Temporal's API, whose enums the SDK does not hand on. */
const SCHEDULE_ACTIVITY_TASK = 1 as never
const COMPLETE_WORKFLOW_EXECUTION = 4 as never
const COMPLETED = 3 as never

/** Of a run, the event with which its first task was completed. */
const FIRST_TASK_FINISHED = 4 as never

function prepareHostAgain(activityId: string, payloads: Payload[]) {
  return {
    commandType: SCHEDULE_ACTIVITY_TASK,
    scheduleActivityTaskCommandAttributes: {
      activityId,
      activityType: { name: 'prepareHost' },
      taskQueue: { name: TASK_QUEUE },
      input: { payloads },
      startToCloseTimeout: { seconds: 60 as never },
      retryPolicy: { maximumAttempts: 1 },
    },
  }
}

/** What the owner would have sealed at another time. */
async function sealedByOwner(workflowId: string, values: readonly unknown[]): Promise<Payload[]> {
  const codec = new SealCodec(SealKeys.read(scene.keyFile))
  const payloads = values.map((value) => defaultPayloadConverter.toPayload(value))
  return codec.encode(payloads, { type: 'workflow', namespace: 'default', workflowId })
}

async function refusalOf(run: RunReference): Promise<unknown> {
  scene.journal = []
  const { error } = await scene.end(run)
  expect(scene.journal).toEqual([])
  return error
}

async function seen({ workflowId, runId }: RunReference): Promise<SeenPayloads> {
  return SeenPayloads.of(scene.stranger, workflowId, runId)
}

/** A run of the owner's that has ended. */
async function endedRun(): Promise<RunReference> {
  scene.replaced = {}
  const run = await scene.apply()
  await scene.end(run)
  return run
}

describe('the start of an earlier run', () => {
  it('is refused under the id of another cluster', async () => {
    const { input } = await seen(await endedRun())
    const error = await refusalOf(await startRaw(scene.stranger, 'cluster/another', input))
    expect(error).toMatchObject({
      code: 'UNSEALED',
      message:
        'the run is refused: its input has been changed since it was sealed, or was sealed for something else',
    })
  })

  it('is refused without its ticket', async () => {
    const run = await endedRun()
    const { input } = await seen(run)
    const error = await refusalOf(await startRaw(scene.stranger, run.workflowId, input.slice(0, 1)))
    expect(error).toMatchObject({ code: 'UNSEALED' })
  })

  it('is refused as the start of another workflow', async () => {
    const run = await endedRun()
    const { input } = await seen(run)
    const error = await refusalOf(
      await startRaw(scene.stranger, run.workflowId, input, { workflowType: 'planCluster' }),
    )
    expect(error).toMatchObject({ message: 'the run is refused: its ticket is for applyCluster' })
  })

  it('is refused with the ticket of a later start', async () => {
    const run = await endedRun()
    const [old] = (await seen(run)).input
    const cluster = { ...scene.cluster(), name: run.workflowId.slice('cluster/'.length) }
    const later = await scene.apply(cluster)
    await scene.end(later)
    const [, ticket] = (await seen(later)).input
    const mixed = [old, ticket].filter((payload) => payload !== undefined)
    const error = await refusalOf(await startRaw(scene.stranger, run.workflowId, mixed))
    expect(error).toMatchObject({ code: 'UNSEALED' })
  })

  it('is refused once its time is over', async () => {
    const workflowId = 'cluster/of-yesterday'
    const cluster = { ...scene.cluster(), name: 'of-yesterday' }
    const ticket = { ticket: 'start', name: 'applyCluster', issuedAt: Date.now() - 11 * 60_000 }
    const old = await sealedByOwner(workflowId, [{ cluster, searchAttributes: false }, ticket])
    const error = await refusalOf(await startRaw(scene.stranger, workflowId, old))
    expect(error).toMatchObject({
      code: 'UNSEALED',
      message: expect.stringContaining('its ticket was issued 11 minutes before or after it began') as string,
    })
  })
})

describe('a sealed activity', () => {
  it('is refused in a run of the stranger that has the same id', async () => {
    const run = await endedRun()
    const { id, args } = (await seen(run)).activity('prepareHost')
    const taskQueue = 'of-the-stranger'
    const theirs = await startRaw(scene.stranger, run.workflowId, [], { taskQueue })
    const { workflowService } = scene.stranger
    const taskToken = await takeTask(taskQueue)
    scene.journal = []
    await workflowService.respondWorkflowTaskCompleted({
      namespace: 'default',
      taskToken,
      commands: [prepareHostAgain(id, args)],
    })
    const failed = async () => {
      const { events } = await scene.inStrangersHands(theirs).fetchHistory()
      return events?.find((event) => event.activityTaskFailedEventAttributes)
        ?.activityTaskFailedEventAttributes?.failure?.message
    }
    await expect.poll(failed, PATIENCE).toBe('prepareHost is refused: its ticket is of another run')
    expect(scene.journal).toEqual([])
    await scene.inStrangersHands(theirs).terminate()
  })

  it('of an earlier run does not lend its result to a later one', async () => {
    const run = await endedRun()
    const { id, result } = (await seen(run)).activity('prepareHost')
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    scene.replaced = { prepareHost: () => held.then(() => ({ changed: true, summary: 'done' })) }
    const cluster = { ...scene.cluster(), name: run.workflowId.slice('cluster/'.length) }
    const later = await scene.apply(cluster)
    const isPending = async () =>
      ((await scene.inStrangersHands(later).describe()).raw.pendingActivities ?? []).some(
        (one) => one.activityId === id && one.activityType?.name === 'prepareHost',
      )
    await expect.poll(isPending, PATIENCE).toBe(true)
    const { workflowId, runId } = later
    await scene.stranger.workflowService.respondActivityTaskCompletedById({
      ...{ namespace: 'default', workflowId, runId, activityId: id },
      result: { payloads: result },
    })
    await expect.poll(async () => (await scene.progress(later))?.blocked.length, PATIENCE).toBe(1)
    const [blocked] = (await scene.progress(later))?.blocked ?? []
    expect(blocked?.error.message).toBe('the result of prepareHost is of another step or run')
    release()
    await scene.inStrangersHands(later).terminate()
  })
})

describe('a step that a stranger hands out again, as the worker of a run that he has reset', () => {
  it('is known by its ticket as one of the run that asked for it, which hosts look at', async () => {
    const run = await endedRun()
    const { id, args } = (await seen(run)).activity('prepareHost')
    const asked: unknown[] = []
    scene.replaced = { prepareHost: () => Promise.resolve(asked.push(currentActivity())) }
    await scene.endWorker()
    const { workflowService } = scene.stranger
    const { runId } = await workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: run.workflowId, runId: run.runId },
      workflowTaskFinishEventId: FIRST_TASK_FINISHED,
      requestId: randomUUID(),
    })
    const taskToken = await takeTask(TASK_QUEUE)
    await workflowService.respondWorkflowTaskCompleted({
      namespace: 'default',
      taskToken,
      commands: [prepareHostAgain(id, args)],
    })
    await scene.startWorker()
    await expect.poll(() => asked, PATIENCE).toEqual([{ run: run.runId, name: 'prepareHost' }])
    expect(runId).not.toBe(run.runId)
    await scene.inStrangersHands({ ...run, runId }).terminate()
  })
})

describe('the result of an earlier run', () => {
  it.each([
    ['is not taken for that of', (seen: SeenPayloads) => seen.result, 'is of another run'],
    ['is not needed: nothing is taken for that of', () => [], 'is missing'],
  ])('%s a run which the stranger ends with it', async (taskQueue, resultOf, why) => {
    const run = await endedRun()
    const result = resultOf(await seen(run))
    const theirs = await startRaw(scene.stranger, run.workflowId, [], { taskQueue })
    const taskToken = await takeTask(taskQueue)
    await scene.stranger.workflowService.respondWorkflowTaskCompleted({
      namespace: 'default',
      taskToken,
      commands: [
        {
          commandType: COMPLETE_WORKFLOW_EXECUTION,
          completeWorkflowExecutionCommandAttributes: { result: { payloads: result } },
        },
      ],
    })
    const { state, error } = await scene.end(theirs)
    expect(state).toBe('failed')
    expect(error).toMatchObject({ code: 'UNSEALED', message: `its result ${why}` })
  })
})

/** The stranger's own worker. */
async function takeTask(taskQueue: string): Promise<Uint8Array> {
  const { stranger } = scene
  const poll = () =>
    stranger.workflowService.pollWorkflowTaskQueue({
      namespace: 'default',
      taskQueue: { name: taskQueue },
      identity: 'stranger',
    })
  return (await stranger.withDeadline(Date.now() + 60_000, poll)).taskToken
}

describe('a message of the owner', () => {
  it('is taken once: a stranger who repeats his pause after the resume has no effect', async () => {
    const run = await scene.blocked()
    await sendSignal(scene.owner.client, run, 'pause')
    await expect.poll(async () => (await scene.progress(run))?.paused, PATIENCE).toBe(true)
    await sendSignal(scene.owner.client, run, 'resume')
    await expect.poll(async () => (await scene.progress(run))?.paused, PATIENCE).toBe(false)
    const { signal } = await seen(run)
    const { workflowId, runId } = run
    await scene.stranger.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId, runId },
      signalName: 'pause',
      input: { payloads: signal },
      requestId: randomUUID(),
    })
    // What is asked after the Signal is answered after it.
    expect((await scene.progress(run))?.paused).toBe(false)
    await scene.inStrangersHands(run).terminate()
  })

  it('is refused as another message, with another id, and in another run', async () => {
    const run = await scene.blocked()
    await sendDecision(() => scene.owner.client, run, { kind: 'retry' })
    await expect.poll(async () => (await scene.progress(run))?.blocked.length, PATIENCE).toBe(1)
    const { update } = await seen(run)
    const other = await scene.blocked()
    const send = (target: RunReference, name: string) =>
      updateRaw(target, name, update).catch((error: unknown) => String(error))
    expect(await send(run, 'abort')).toMatch('its ticket is for retryStep')
    expect(await send(run, 'retryStep')).toMatch('its ticket is for another decision')
    expect(await send(other, 'retryStep')).toMatch('it has been changed since it was sealed')
    for (const one of [run, other]) await scene.inStrangersHands(one).terminate()
  })
})

async function updateRaw(run: RunReference, name: string, payloads: Payload[]): Promise<string> {
  const { workflowId, runId } = run
  const { outcome } = await scene.stranger.workflowService.updateWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    waitPolicy: { lifecycleStage: COMPLETED },
    request: { meta: { updateId: randomUUID() }, input: { name, args: { payloads } } },
  })
  return outcome?.failure?.message ?? 'it was taken'
}
