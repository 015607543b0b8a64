/** Runs whose worker was replaced by one that cannot go on with them, as after an upgrade. */
import { describe, expect, it, vi } from 'vitest'
import type { Operation } from '../../../src/client/operation.js'
import type { OperationSnapshot } from '../../../src/client/snapshot.js'
import { OPERATIONS } from '../../../src/operations/registry.js'
import { TASK_QUEUE, taskQueueOf } from '../../../src/operations/task-queue.js'
import { connect } from '../../../src/temporal/connection.js'
import { refuseToLeaveRuns } from '../../../src/engine/left-runs.js'
import { VERSION, workerIdentity } from '../../../src/temporal/installation.js'
import { plainSettings } from '../../../src/temporal/settings.js'
import { needsOtherWorker, whyStuck } from '../../../src/client/stuck.js'
import { PATIENCE, TinyScene } from '../../support/tiny-scene.js'

const RENAMED = /Nondeterminism error: Activity type of scheduled event 'work' does not match.*'labour'/

// A workflow task that fails is tried again only after its time-out of 10 s, and then after pauses that grow.
vi.setConfig({ testTimeout: 240_000 })

const scene = TinyScene.forFile({ workers: 'on demand' })

async function until(
  operation: Operation,
  fits: (snapshot: OperationSnapshot) => boolean,
): Promise<OperationSnapshot> {
  for await (const snapshot of operation.watch()) if (fits(snapshot)) return snapshot
  throw new Error('the operation ended before')
}

const untilReach = (operation: Operation, reach: OperationSnapshot['reach']) =>
  until(operation, (snapshot) => snapshot.reach === reach)

/** A run amid its steps, and then a worker that calls them by other names. */
async function startAndUpgrade(): Promise<Operation> {
  await scene.startWorker()
  const operation = await scene.start()
  await expect.poll(async () => (await operation.describe()).steps.length, PATIENCE).toBe(2)
  await scene.stopWorker()
  // The steps end on the new worker, and their results are what its workflow code cannot make sense of.
  scene.controls.finished = true
  await scene.startWorker('later')
  return operation
}

describe('a run whose new worker uses other activity names', () => {
  it('is detected as failing, with the cause, the worker and its version, and the number of attempts', async () => {
    const operation = await startAndUpgrade()
    const snapshot = await until(operation, ({ taskFailure }) => (taskFailure?.attempts ?? 0) >= 2)
    expect(snapshot).toMatchObject({
      state: 'running',
      reach: 'failing',
      startedWith: VERSION,
      taskFailure: { cause: expect.stringMatching(RENAMED) as string, worker: workerIdentity() },
    })
    expect(needsOtherWorker(snapshot)?.hint).toContain(`quorate cancel --force ${operation.cluster}`)
    await operation.terminate('the test is over')
  })

  it('refuses decisions at once, with the reason', async () => {
    const operation = await startAndUpgrade()
    await untilReach(operation, 'failing')
    await expect(operation.signal('pause')).rejects.toMatchObject({
      code: 'RUN_STUCK',
      message: expect.stringMatching(RENAMED) as string,
    })
    await operation.terminate('the test is over')
  })

  it('continues when a matching worker returns', async () => {
    const operation = await startAndUpgrade()
    await untilReach(operation, 'failing')
    await scene.stopWorker()
    await scene.startWorker()
    await expect(operation.result()).resolves.toMatchObject({ changed: true })
  })

  it('keeps its cluster, and another apply is refused with a way out', async () => {
    await scene.startWorker()
    const cluster = scene.cluster()
    const operation = await scene.client.start('apply', cluster)
    await expect.poll(async () => (await operation.describe()).steps.length, PATIENCE).toBe(2)
    await scene.stopWorker()
    scene.controls.finished = true
    await scene.startWorker('later')
    await until(operation, ({ taskFailure }) => (taskFailure?.attempts ?? 0) >= 2)
    await expect(scene.client.start('apply', cluster)).rejects.toMatchObject({
      code: 'OPERATION_RUNNING',
      message: expect.stringMatching(RENAMED) as string,
      hint: expect.stringContaining(`quorate cancel --force ${cluster.name}`) as string,
    })
    await operation.terminate('the test is over')
    scene.controls.finished = true
    await expect((await scene.client.start('apply', cluster)).result()).resolves.toMatchObject({
      changed: true,
    })
  })
})

describe('a parked run, which has no workflow task that could fail', () => {
  it('is detected as failing when it is queried', async () => {
    scene.breakHosts('w1')
    scene.controls.finished = true
    await scene.startWorker()
    const operation = await scene.start()
    await expect.poll(async () => (await operation.describe()).state, PATIENCE).toBe('blocked')
    await scene.stopWorker()
    await scene.startWorker('later')
    const { taskFailure } = await untilReach(operation, 'failing')
    expect(taskFailure?.cause).toMatch(RENAMED)
    await operation.terminate('the test is over')
  })
})

describe('a run for which no worker answers', () => {
  it('never had one, or had one a moment ago', async () => {
    const operation = await scene.start()
    // No test of this file may have polled within the last minute; a queue of another sequence never was.
    const queue = taskQueueOf(0)
    const connection = await connect(plainSettings(scene.server.address))
    const { workflowId } = await connection.client.workflow.start(OPERATIONS.apply.workflow, {
      workflowId: 'cluster/lonely',
      taskQueue: queue,
      args: [await operation.input()],
    })
    const lonely = await scene.client.operation(workflowId.split('/')[1] ?? '')
    expect(await lonely.describe()).toMatchObject({ reach: 'server', workers: [] })
    await scene.startWorker()
    await untilReach(operation, 'worker')
    await scene.stopWorker()
    const snapshot = await untilReach(operation, 'busy')
    expect(whyStuck(snapshot)?.message).toMatch(
      /^no worker answers: quorate-.*, which asked for work \d+ s ago/,
    )
    await Promise.all([lonely, operation].map((one) => one.terminate('the test is over')))
    await connection.close()
  })
})

describe('a run of another sequence', () => {
  it('goes to no worker of this release, and says which release it needs', async () => {
    await scene.startWorker()
    scene.controls.finished = true
    const connection = await connect(plainSettings(scene.server.address))
    await connection.client.workflow.start(OPERATIONS.apply.workflow, {
      workflowId: 'cluster/earlier',
      taskQueue: taskQueueOf(0),
      memo: { quorate: '0.0.9' },
      args: [{ cluster: scene.cluster(), searchAttributes: false }],
    })
    const run = await scene.client.operation('earlier')
    const snapshot = await run.describe()
    expect(snapshot).toMatchObject({ reach: 'server', startedWith: '0.0.9' })
    expect(needsOtherWorker(snapshot)).toMatchObject({
      message: `Quorate 0.0.9 started it, and workers of this release (${VERSION}) do not take it: it waits at quorate-0, they serve ${TASK_QUEUE}`,
      hint: expect.stringContaining('npx quorate@0.0.9 engine start') as string,
    })
    await run.terminate('the test is over')
    await connection.close()
  })

  it('keeps its own worker from being replaced by the engine', async () => {
    const connection = await connect(plainSettings(scene.server.address))
    const { client } = connection
    const start = (name: string) =>
      client.workflow.start(OPERATIONS.apply.workflow, {
        workflowId: `cluster/${name}`,
        taskQueue: taskQueueOf(0),
        args: [{ cluster: scene.cluster({ name }), searchAttributes: false }],
      })
    const handle = await start('held')
    // As a worker of release 0.0.9 in the process 4711 would.
    const taskQueue = { name: taskQueueOf(0) }
    const poll = { namespace: 'default', taskQueue, identity: 'quorate-0.0.9@here:4711' }
    await client.withDeadline(Date.now() + PATIENCE.timeout, () =>
      client.workflowService.pollWorkflowTaskQueue(poll),
    )
    await expect
      .poll(() => refuseToLeaveRuns(scene.server.address, 4711).catch((error: unknown) => error), PATIENCE)
      .toMatchObject({
        code: 'ENGINE_IN_USE',
        message: expect.stringContaining('is of Quorate 0.0.9 and still has runs') as string,
        hint: expect.stringContaining('`quorate cancel --force held`') as string,
      })
    await expect(refuseToLeaveRuns(scene.server.address, 4712)).resolves.toBeUndefined()
    await handle.terminate('the test is over')
    await expect
      .poll(() => refuseToLeaveRuns(scene.server.address, 4711).catch((error: unknown) => error), PATIENCE)
      .toBeUndefined()
    await connection.close()
  })
})
