/** Runs of the owner's that are not quite of the ordinary: from before there were seals, reset, encrypted. */
import { Client } from '@temporalio/client'
import { describe, expect, it } from 'vitest'
import { sendDecision, sendSignal } from '../../../src/client/messages.js'
import { readInput } from '../../../src/client/input.js'
import { observe } from '../../../src/client/snapshot.js'
import { startOperation } from '../../../src/client/start.js'
import { hopeless } from '../../support/obedient-hosts.js'
import { PATIENCE, SealScene } from './scene.js'

const parks = { joinWorker: () => Promise.reject(hopeless('KUBEADM_PREFLIGHT_FAILED', 'in use', 'w1')) }

describe('a run from before there were seals', () => {
  const scene = SealScene.forFile()

  it('that is open and has gone on ends with UNSEALED, and does no more', async () => {
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

  it('that is done is told as one whose result nobody vouches for', async () => {
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

describe('a run that its owner resets', () => {
  const scene = SealScene.forFile()

  it('goes on, takes the decisions of its owner, and is done', async () => {
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

describe('a run that is encrypted', () => {
  const scene = SealScene.forFile({ encrypt: true })

  it('takes decisions and is done, and shows nothing of its cluster in its history', async () => {
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
