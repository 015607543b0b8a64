/** The operator's decisions on a real Temporal server, with a tiny workflow that parks, pauses and waits for approval. */
import { describe, expect, it } from 'vitest'
import type { Operation } from '../../../src/client/operation.js'
import { PATIENCE, TinyScene } from '../../support/tiny-scene.js'

const scene = TinyScene.forFile()

async function untilState(operation: Operation, state: string): Promise<void> {
  await expect.poll(async () => (await operation.describe()).state, PATIENCE).toBe(state)
}

describe('a parked step', () => {
  it('waits with its error, and other hosts go on beside it', async () => {
    scene.breakHosts('w1')
    const operation = await scene.start()
    await expect
      .poll(async () => (await operation.describe()).progress?.blocked, PATIENCE)
      .toMatchObject([{ step: 'work/w1', host: 'w1', error: { code: 'KUBEADM_PREFLIGHT_FAILED' } }])
    expect(await operation.describe()).toMatchObject({ state: 'running' })
    scene.controls.finished = true
    await untilState(operation, 'blocked')
    await operation.decide({ kind: 'abort' })
  })

  it('is tried again, alone or with all others', async () => {
    const operation = await scene.startBlocked('cp1', 'w1')
    scene.controls.broken.clear()
    await expect(operation.decide({ kind: 'retry', step: 'work/w1' })).resolves.toEqual({
      steps: ['work/w1'],
    })
    await expect(operation.decide({ kind: 'retry' })).resolves.toEqual({ steps: ['work/cp1'] })
    await expect(operation.result()).resolves.toMatchObject({ skipped: [] })
  })

  it('is left out for a reason, which the result keeps', async () => {
    const operation = await scene.startBlocked('w1')
    await expect(
      operation.decide({ kind: 'skip', step: 'work/w1', reason: 'being repaired' }),
    ).resolves.toEqual({ steps: ['work/w1'] })
    const skipped = [{ step: 'work/w1', host: 'w1', reason: 'being repaired' }]
    await expect(operation.result()).resolves.toMatchObject({ skipped })
  })

  it('ends the operation when that is aborted, which counts as stopped on purpose', async () => {
    const operation = await scene.startBlocked('w1')
    await operation.decide({ kind: 'abort', reason: 'wrong machine' })
    await expect(operation.result()).rejects.toMatchObject({ code: 'OPERATION_ABORTED' })
    await expect(operation.describe()).resolves.toMatchObject({ state: 'cancelled' })
  })
})

describe('a decision that cannot be taken', () => {
  it('on a step that is not skippable is refused with the reason', async () => {
    const operation = await scene.startBlocked('cp1')
    await expect(
      operation.decide({ kind: 'skip', step: 'work/cp1', reason: 'why not' }),
    ).rejects.toMatchObject({
      code: 'STEP_NOT_SKIPPABLE',
      message: 'work/cp1 cannot be skipped: without it there is no cluster',
    })
    await expect(operation.describe()).resolves.toMatchObject({ state: 'blocked' })
    await operation.decide({ kind: 'abort' })
  })

  it('on a step that is not there, or not parked, is refused', async () => {
    const operation = await scene.startBlocked('cp1')
    await expect(operation.decide({ kind: 'retry', step: 'work/w7' })).rejects.toMatchObject({
      code: 'STEP_UNKNOWN',
    })
    await operation.decide({ kind: 'abort' })
  })

  it('on a run that goes on is refused', async () => {
    const operation = await scene.start()
    await untilState(operation, 'running')
    for (const kind of ['retry', 'abort', 'approve'] as const) {
      await expect(operation.decide({ kind })).rejects.toMatchObject({ code: 'OPERATION_NOT_BLOCKED' })
    }
    await operation.cancel()
  })

  it('on a run that has ended is told how it ended', async () => {
    scene.controls.finished = true
    const operation = await scene.start()
    await operation.result()
    const code = 'OPERATION_ENDED'
    const message = expect.stringMatching(/^the apply of tiny-\d+ ended at \d{4}-.*Z: done$/) as string
    for (const kind of ['retry', 'resume'] as const) {
      await expect(operation.decide({ kind })).rejects.toMatchObject({ code, message })
    }
    await expect(operation.cancel()).rejects.toMatchObject({ code, message })
  })

  it('without a worker is refused, and not taken by one that comes later', async () => {
    const operation = await scene.startBlocked('w1')
    await scene.stopWorker()
    await expect(operation.decide({ kind: 'retry' })).rejects.toMatchObject({ code: 'NO_WORKER' })
    await expect(operation.signal('pause')).rejects.toMatchObject({ code: 'NO_WORKER' })
    scene.controls.broken.clear()
    await scene.startWorker()
    await expect(operation.progress()).resolves.toMatchObject({ state: 'blocked', blockedOn: 'work/w1' })
    await operation.decide({ kind: 'abort' })
  })
})

describe('a decision', () => {
  it('reaches a server that is killed and started again meanwhile', async () => {
    const operation = await scene.startBlocked('w1')
    scene.controls.broken.clear()
    scene.server.kill()
    await scene.server.startAgain()
    await expect(operation.decide({ kind: 'retry' })).resolves.toEqual({ steps: ['work/w1'] })
    await expect(operation.result()).resolves.toMatchObject({ changed: true })
  })
})

describe('a reviewed apply', () => {
  it('shows what would change and touches nothing until it is approved', async () => {
    scene.controls.finished = true
    const operation = await scene.start({ review: true })
    await untilState(operation, 'blocked')
    await expect(operation.progress()).resolves.toMatchObject({
      blockedOn: 'approval',
      approval: [{ host: 'cp1' }, { host: 'w1' }],
      phases: [{ hosts: [{ state: 'pending' }, { state: 'pending' }] }],
    })
    await expect(operation.decide({ kind: 'approve' })).resolves.toEqual({ steps: ['plan'] })
    await expect(operation.result()).resolves.toMatchObject({ changed: true })
  })
})

describe('a paused apply', () => {
  it('starts no step until it is resumed', async () => {
    scene.controls.finished = true
    scene.breakHosts('w1')
    const operation = await scene.start()
    await untilState(operation, 'blocked')
    await operation.signal('pause')
    scene.controls.broken.clear()
    await operation.decide({ kind: 'retry' })
    await untilState(operation, 'paused')
    await operation.decide({ kind: 'resume' })
    await expect(operation.result()).resolves.toMatchObject({ changed: true })
  })
})
