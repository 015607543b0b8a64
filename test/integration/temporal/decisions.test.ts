/** The operator's decisions on a real Temporal server, with a tiny workflow that parks, pauses and waits for approval. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClient, type Operation, type QuorateClient } from '../../../src/client.js'
import { QuorateError } from '../../../src/errors/index.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { Controls } from '../../support/tiny-activities.js'
import { startTinyWorker, TestServer } from '../../support/tiny-operations.js'

let server: TestServer
let client: QuorateClient
let controls: Controls
let stopWorker: () => Promise<void>
let number = 0

/** For what a busy machine may take. */
const PATIENCE = { timeout: 30_000 }
const busyPort = (host: string) =>
  new QuorateError('KUBEADM_PREFLIGHT_FAILED', 'port 6443 is in use', { host })

beforeAll(async () => {
  server = await TestServer.start()
  client = await createClient({ address: server.address })
})
afterAll(async () => {
  await client.close()
  await server.remove()
})
beforeEach(async () => {
  controls = new Controls()
  stopWorker = await startTinyWorker(server.address, controls.activities)
})
afterEach(async () => {
  controls.finished = true
  await stopWorker()
})

/** Starts an apply of a cluster of its own with cp1 and w1. */
async function start(options: Parameters<QuorateClient['apply']>[1] = {}): Promise<Operation> {
  number += 1
  return client.apply(aCluster({ name: `decided-${number}`, hosts: [aHost('cp1'), aHost('w1')] }), options)
}

async function untilState(operation: Operation, state: string): Promise<void> {
  await expect.poll(async () => (await operation.describe()).state, PATIENCE).toBe(state)
}

/** An apply of which these hosts are parked and the others done. */
async function startBlocked(...hosts: string[]): Promise<Operation> {
  for (const host of hosts) controls.broken.set(host, busyPort(host))
  controls.finished = true
  const operation = await start()
  await untilState(operation, 'blocked')
  return operation
}

describe('a parked step', () => {
  it('waits with its error, and other hosts go on beside it', async () => {
    controls.broken.set('w1', busyPort('w1'))
    const operation = await start()
    await expect
      .poll(async () => (await operation.describe()).progress?.blocked, PATIENCE)
      .toMatchObject([{ step: 'work/w1', host: 'w1', error: { code: 'KUBEADM_PREFLIGHT_FAILED' } }])
    expect(await operation.describe()).toMatchObject({ state: 'running' })
    controls.finished = true
    await untilState(operation, 'blocked')
    await operation.abort()
  })

  it('is tried again, alone or with all others', async () => {
    const operation = await startBlocked('cp1', 'w1')
    controls.broken.clear()
    await expect(operation.retry('work/w1')).resolves.toEqual({ steps: ['work/w1'] })
    await expect(operation.retry()).resolves.toEqual({ steps: ['work/cp1'] })
    await expect(operation.result()).resolves.toMatchObject({ skipped: [] })
  })

  it('is left out for a reason, which the result keeps', async () => {
    const operation = await startBlocked('w1')
    await expect(operation.skip('work/w1', 'being repaired')).resolves.toEqual({ steps: ['work/w1'] })
    const skipped = [{ step: 'work/w1', host: 'w1', reason: 'being repaired' }]
    await expect(operation.result()).resolves.toMatchObject({ skipped })
  })

  it('ends the operation when that is aborted, which counts as stopped on purpose', async () => {
    const operation = await startBlocked('w1')
    await operation.abort('wrong machine')
    await expect(operation.result()).rejects.toMatchObject({ code: 'OPERATION_ABORTED' })
    await expect(operation.describe()).resolves.toMatchObject({ state: 'cancelled' })
  })
})

describe('a decision that can not be taken', () => {
  it('on a step that is not skippable is refused with the reason', async () => {
    const operation = await startBlocked('cp1')
    await expect(operation.skip('work/cp1', 'why not')).rejects.toMatchObject({
      code: 'STEP_NOT_SKIPPABLE',
      message: 'work/cp1 can not be skipped: without it there is no cluster',
    })
    await expect(operation.describe()).resolves.toMatchObject({ state: 'blocked' })
    await operation.abort()
  })

  it('on a step that is not there, or not parked, is refused', async () => {
    const operation = await startBlocked('cp1')
    await expect(operation.retry('work/w7')).rejects.toMatchObject({ code: 'STEP_UNKNOWN' })
    await operation.abort()
  })

  it('on a run that goes on is refused', async () => {
    const operation = await start()
    await untilState(operation, 'running')
    for (const decide of ['retry', 'abort', 'approve'] as const) {
      await expect(operation[decide]()).rejects.toMatchObject({ code: 'OPERATION_NOT_BLOCKED' })
    }
    await operation.cancel()
  })

  it('on a run that has ended is told how it ended', async () => {
    controls.finished = true
    const operation = await start()
    await operation.result()
    const code = 'OPERATION_ENDED'
    const message = expect.stringMatching(/^the apply of decided-\d+ ended at \d{4}-.*Z: done$/) as string
    for (const decide of ['retry', 'resume', 'cancel'] as const) {
      await expect(operation[decide]()).rejects.toMatchObject({ code, message })
    }
  })

  it('without a worker is refused, and not taken by one that comes later', async () => {
    const operation = await startBlocked('w1')
    await stopWorker()
    await expect(operation.retry()).rejects.toMatchObject({ code: 'NO_WORKER' })
    await expect(operation.pause()).rejects.toMatchObject({ code: 'NO_WORKER' })
    controls.broken.clear()
    stopWorker = await startTinyWorker(server.address, controls.activities)
    await expect(operation.progress()).resolves.toMatchObject({ state: 'blocked', blockedOn: 'work/w1' })
    await operation.abort()
  })
})

describe('a decision', () => {
  it('reaches a server that is killed and started again meanwhile', async () => {
    const operation = await startBlocked('w1')
    controls.broken.clear()
    server.kill()
    await server.startAgain()
    await expect(operation.retry()).resolves.toEqual({ steps: ['work/w1'] })
    await expect(operation.result()).resolves.toMatchObject({ changed: true })
  })
})

describe('a reviewed apply', () => {
  it('shows what would change and touches nothing until it is approved', async () => {
    controls.finished = true
    const operation = await start({ review: true })
    await untilState(operation, 'blocked')
    await expect(operation.progress()).resolves.toMatchObject({
      blockedOn: 'approval',
      approval: [{ host: 'cp1' }, { host: 'w1' }],
      phases: [{ hosts: [{ state: 'pending' }, { state: 'pending' }] }],
    })
    await expect(operation.approve()).resolves.toEqual({ steps: ['plan'] })
    await expect(operation.result()).resolves.toMatchObject({ changed: true })
  })
})

describe('a paused apply', () => {
  it('starts no step until it is resumed', async () => {
    controls.finished = true
    controls.broken.set('w1', busyPort('w1'))
    const operation = await start()
    await untilState(operation, 'blocked')
    await operation.pause()
    controls.broken.clear()
    await operation.retry()
    await untilState(operation, 'paused')
    await operation.resume()
    await expect(operation.result()).resolves.toMatchObject({ changed: true })
  })
})
