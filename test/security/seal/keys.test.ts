/** Seals that were damaged, or made with another key. */
import { join } from 'node:path'
import type { Payload } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { connect } from '../../../src/temporal/connection.js'
import { createKeyFile } from '../../../src/temporal/seal/key-file.js'
import { observe } from '../../../src/client/snapshot.js'
import { startOperation } from '../../../src/client/start.js'
import { PATIENCE, SealScene } from './scene.js'
import { SeenPayloads, startRaw } from './stranger.js'

const scene = SealScene.forFile()

function withSeal({ metadata, data }: Payload, change: (seal: string) => string): Payload {
  const seal = Buffer.from(metadata?.['seal'] ?? []).toString()
  return { metadata: { ...metadata, seal: Buffer.from(change(seal)) }, data: data ?? null }
}

async function inputOfOwner(): Promise<{ readonly workflowId: string; readonly input: Payload[] }> {
  const run = await scene.apply()
  await scene.end(run)
  const { input } = await SeenPayloads.of(scene.stranger, run.workflowId, run.runId)
  return { workflowId: run.workflowId, input }
}

describe('a start request', () => {
  it.each([
    ['a seal that was cut off', (seal: string) => seal.slice(0, -20)],
    ['an empty proof', (seal: string) => seal.replace(/[^.]*$/, '')],
    [
      'a proof with one letter changed',
      (seal: string) => seal.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    ],
  ])('with %s is refused', async (_, change) => {
    const { workflowId, input } = await inputOfOwner()
    scene.journal = []
    const run = await startRaw(scene.stranger, workflowId, [
      ...input.slice(0, 1).map((payload) => withSeal(payload, change)),
      ...input.slice(1),
    ])
    expect((await scene.end(run)).error).toMatchObject({
      code: 'UNSEALED',
      message: expect.stringContaining('has been changed since it was sealed') as string,
    })
    expect(scene.journal).toEqual([])
  })

  it('with swapped data under the same seal is refused', async () => {
    const { workflowId, input } = await inputOfOwner()
    const [first, ...more] = input
    const data = Buffer.from(
      Buffer.from(first?.data ?? [])
        .toString()
        .replace('192.0.2.11', '192.0.2.66'),
    )
    const run = await startRaw(scene.stranger, workflowId, [{ ...first, data }, ...more])
    expect((await scene.end(run)).error).toMatchObject({ code: 'UNSEALED' })
  })

  it('with a key unknown to the worker waits for a worker that has it, and is logged once', async () => {
    const theirs = join(scene.folder, 'theirs.key')
    const { keys } = createKeyFile(theirs, false)
    const connection = await connect(scene.settings(theirs))
    scene.journal = []
    scene.log = []
    const run = await startOperation(connection.client, 'apply', scene.cluster())
    const told = () => scene.log.filter((line) => line.includes('"msg":"SEAL_KEY_WRONG'))
    await expect.poll(() => told().length, PATIENCE).toBe(1)
    const attempts = async () =>
      (await scene.inStrangersHands(run).describe()).raw.pendingWorkflowTask?.attempt ?? 0
    await expect.poll(attempts, PATIENCE).toBeGreaterThan(2)
    expect(told()).toHaveLength(1)
    expect(told()[0]).toContain(`sealed with a key that this side does not have (key ${keys[0]?.id ?? ''})`)
    expect(scene.journal).toEqual([])
    const { state, reach, taskFailure } = await observe(connection.client, run)
    expect([state, reach]).toEqual(['running', 'failing'])
    expect(JSON.stringify(taskFailure)).toContain('SEAL_KEY_WRONG')
    await connection.close()

    // The right file, and it goes on.
    await scene.endWorker()
    await scene.startWorker({ kind: 'file', path: theirs })
    await expect.poll(() => scene.journal.includes('verifyCluster'), PATIENCE).toBe(true)
    await scene.endWorker()
    await scene.startWorker()
  })
})

describe('a client with another key', () => {
  it('reports that the result of a run is sealed with a key it lacks', async () => {
    const run = await scene.apply()
    await scene.end(run)
    const other = join(scene.folder, 'other.key')
    createKeyFile(other, false)
    const connection = await connect(scene.settings(other))
    const { state, error } = await observe(connection.client, run)
    await connection.close()
    expect(state).toBe('failed')
    expect(error).toMatchObject({
      code: 'SEAL_KEY_WRONG',
      message: expect.stringMatching(
        /^its result is sealed with a key that this side does not have/,
      ) as string,
    })
  })
})
