/** The operator's decisions on a real Temporal server, with a tiny workflow that parks, pauses and waits for approval. */
import { describe, expect, it } from 'vitest'
import type { Operation } from '../../../src/client/operation.js'
import { PATIENCE, TinyScene } from '../../support/tiny-scene.js'

const scene = TinyScene.forFile()

async function untilState(operation: Operation, state: string): Promise<void> {
  await expect.poll(async () => (await operation.describe()).state, PATIENCE).toBe(state)
}

describe('a parked step', () => {
  it('waits with its error while other hosts go on', async () => {
    scene.breakHosts('w1')
    const operation = await scene.start()
    await expect
      .poll(async () => (await operation.describe()).progress?.blocked, PATIENCE)
      .toMatchObject([{ step: 'prepare-hosts/w1', host: 'w1', error: { code: 'KUBEADM_PREFLIGHT_FAILED' } }])
    expect(await operation.describe()).toMatchObject({ state: 'running' })
    scene.controls.finished = true
    await untilState(operation, 'blocked')
    await operation.decide({ kind: 'abort' })
  })

  it('is retried alone or with all others', async () => {
    const operation = await scene.startBlocked('cp1', 'w1')
    scene.controls.broken.clear()
    await expect(operation.decide({ kind: 'retry', step: 'prepare-hosts/w1' })).resolves.toEqual({
      steps: ['prepare-hosts/w1'],
    })
    await expect(operation.decide({ kind: 'retry' })).resolves.toEqual({ steps: ['prepare-hosts/cp1'] })
    await expect(operation.result()).resolves.toMatchObject({ skipped: [] })
  })

  it('is skipped with a reason, which the result contains', async () => {
    const operation = await scene.startBlocked('w1')
    await expect(
      operation.decide({ kind: 'skip', step: 'prepare-hosts/w1', reason: 'being repaired' }),
    ).resolves.toEqual({ steps: ['prepare-hosts/w1'] })
    const skipped = [{ step: 'prepare-hosts/w1', host: 'w1', reason: 'being repaired' }]
    await expect(operation.result()).resolves.toMatchObject({ skipped })
  })

  it('ends the operation if it is aborted, which counts as stopped on purpose', async () => {
    const operation = await scene.startBlocked('w1')
    await operation.decide({ kind: 'abort', reason: 'wrong machine' })
    await expect(operation.result()).rejects.toMatchObject({ code: 'OPERATION_ABORTED' })
    await expect(operation.describe()).resolves.toMatchObject({ state: 'cancelled' })
  })
})

describe('an invalid decision', () => {
  it('for a step that cannot be skipped is refused with the reason', async () => {
    const operation = await scene.startBlocked('cp1')
    await expect(
      operation.decide({ kind: 'skip', step: 'prepare-hosts/cp1', reason: 'why not' }),
    ).rejects.toMatchObject({
      code: 'STEP_NOT_SKIPPABLE',
      message: 'prepare-hosts/cp1 cannot be skipped: without it there is no cluster',
    })
    await expect(operation.describe()).resolves.toMatchObject({ state: 'blocked' })
    await operation.decide({ kind: 'abort' })
  })

  it('for a step that does not exist or is not parked is refused', async () => {
    const operation = await scene.startBlocked('cp1')
    await expect(operation.decide({ kind: 'retry', step: 'prepare-hosts/w7' })).rejects.toMatchObject({
      code: 'STEP_UNKNOWN',
    })
    await operation.decide({ kind: 'abort' })
  })

  it('for a run that is not blocked is refused', async () => {
    const operation = await scene.start()
    await untilState(operation, 'running')
    for (const kind of ['retry', 'abort', 'approve'] as const) {
      await expect(operation.decide({ kind })).rejects.toMatchObject({ code: 'OPERATION_NOT_BLOCKED' })
    }
    await operation.cancel()
  })

  it('for a run that has ended is refused with how it ended', async () => {
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

  it('without a worker is refused, and a later worker does not take it', async () => {
    const operation = await scene.startBlocked('w1')
    await scene.stopWorker()
    await expect(operation.decide({ kind: 'retry' })).rejects.toMatchObject({ code: 'NO_WORKER' })
    await expect(operation.signal('pause')).rejects.toMatchObject({ code: 'NO_WORKER' })
    scene.controls.broken.clear()
    await scene.startWorker()
    await expect(operation.progress()).resolves.toMatchObject({
      state: 'blocked',
      blockedOn: 'prepare-hosts/w1',
    })
    await operation.decide({ kind: 'abort' })
  })
})

describe('a decision', () => {
  it('survives a restart of the Temporal server', async () => {
    const operation = await scene.startBlocked('w1')
    scene.controls.broken.clear()
    scene.server.kill()
    await scene.server.startAgain()
    await expect(operation.decide({ kind: 'retry' })).resolves.toEqual({ steps: ['prepare-hosts/w1'] })
    await expect(operation.result()).resolves.toMatchObject({ changed: true })
  })
})

describe('a reviewed apply', () => {
  it('shows what would change and touches nothing until it is approved', async () => {
    scene.controls.finished = true
    const operation = await scene.start({ review: true })
    await untilState(operation, 'blocked')
    const progress = await operation.progress()
    expect(progress).toMatchObject({ blockedOn: 'approval', approval: [{ host: 'cp1' }, { host: 'w1' }] })
    expect(progress.phases.find(({ title }) => title === 'Prepare hosts')?.hosts).toEqual([])
    await expect(operation.decide({ kind: 'approve' })).resolves.toEqual({ steps: ['plan'] })
    await expect(operation.result()).resolves.toMatchObject({ changed: true })
  })
})

describe('a paused apply', () => {
  it('starts no steps until it is resumed', async () => {
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
