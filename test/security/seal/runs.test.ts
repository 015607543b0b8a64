/** Runs of the owner's that are not quite of the ordinary: from before there were seals, reset, encrypted. */
import { Client } from '@temporalio/client'
import { describe, expect, it } from 'vitest'
import { sendDecision, sendSignal } from '../../../src/client/messages.js'
import { readInput } from '../../../src/client/input.js'
import { observe } from '../../../src/client/snapshot.js'
import { startOperation } from '../../../src/client/start.js'
import { hopeless } from '../../support/fake-activities.js'
import { PATIENCE, SealScene } from './scene.js'

const parks = { joinWorker: () => Promise.reject(hopeless('KUBEADM_PREFLIGHT_FAILED', 'in use', 'w1')) }

describe('a run without a seal, from before there were seals', () => {
  const scene = SealScene.forFile()

  it('ends with UNSEALED and does nothing more if it is still open', async () => {
    await scene.endWorker()
    await scene.startWorker({ kind: 'none' })
    scene.replaced = parks
    const run = await startOperation(
      new Client({ connection: scene.stranger.connection }),
      'apply',
      scene.cluster(),
    )
    const progress = async () => (await observe(scene.stranger, run)).progress
    await expect.poll(async () => (await progress())?.state, PATIENCE).toBe('blocked')
    await scene.endWorker()
    scene.journal = []
    scene.replaced = {}
    await scene.startWorker()
    // What wakes it: any message, the next command's for instance.
    await scene.stranger.workflow.getHandle(run.workflowId).signal('pause')
    const { state, error } = await scene.end(run)
    expect(state).toBe('failed')
    expect(error).toMatchObject({
      code: 'UNSEALED',
      message: 'the run is refused: its input carries no seal',
    })
    expect(scene.journal).toEqual([])
  })

  it('is reported as having an unverified result if it has ended', async () => {
    await scene.endWorker()
    await scene.startWorker({ kind: 'none' })
    const run = await startOperation(scene.stranger, 'apply', scene.cluster())
    await scene.stranger.workflow.getHandle(run.workflowId).result()
    await scene.endWorker()
    await scene.startWorker()
    expect(await observe(scene.owner.client, run)).toMatchObject({
      state: 'failed',
      error: { code: 'UNSEALED', message: 'its result carries no seal' },
    })
  })
})

describe('a run that was reset by its owner', () => {
  const scene = SealScene.forFile()

  it('continues, takes decisions from its owner and completes', async () => {
    const run = await scene.blocked()
    await sendSignal(scene.owner.client, run, 'pause')
    await sendSignal(scene.owner.client, run, 'resume')
    await expect.poll(async () => (await scene.progress(run))?.paused, PATIENCE).toBe(false)
    const { workflowId } = run
    const { events } = await scene.inStrangersHands(run).fetchHistory()
    const done = events?.filter((event) => event.workflowTaskCompletedEventAttributes) ?? []
    const { runId } = await scene.stranger.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: run,
      reason: 'a test',
      workflowTaskFinishEventId: done[Math.floor(done.length / 2)]?.eventId ?? null,
      requestId: crypto.randomUUID(),
    })
    const again = { workflowId, runId }
    await expect.poll(async () => (await scene.progress(again))?.state, PATIENCE).toBe('blocked')
    scene.replaced = {}
    await sendDecision(() => scene.owner.client, again, { kind: 'retry' })
    const end = await scene.end(again)
    expect(end).toMatchObject({ state: 'done' })
    expect(end.progress?.warnings.filter((warning) => warning.includes('was ignored'))).toEqual([])
  })
})

describe('an encrypted run', () => {
  const scene = SealScene.forFile({ encrypt: true })

  it('takes decisions and completes, and reveals nothing about its cluster in its history', async () => {
    const run = await scene.blocked()
    await sendSignal(scene.owner.client, run, 'pause')
    await sendSignal(scene.owner.client, run, 'resume')
    scene.replaced = {}
    await sendDecision(() => scene.owner.client, run, { kind: 'retry' })
    expect(await scene.end(run)).toMatchObject({ state: 'done' })
    expect((await readInput(scene.owner.client, run)).cluster.hosts).toHaveLength(2)
    const { events } = await scene.inStrangersHands(run).fetchHistory()
    const bytes = JSON.stringify(events, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    )
    expect(bytes).toContain('applyCluster')
    for (const secret of ['192.0.2.11', 'known_hosts', 'machine-cp1', '10.244.0.0']) {
      expect(bytes).not.toContain(secret)
    }
  })
})
