/** Following operations on a real Temporal server, with a workflow that only waits. */
import { describe, expect, it } from 'vitest'
import type { Operation } from '../../../src/client/operation.js'
import type { OperationSnapshot } from '../../../src/client/snapshot.js'
import { QuorateError } from '../../../src/errors/index.js'
import { aHost } from '../../support/clusters.js'
import { PATIENCE, TinyScene } from '../../support/tiny-scene.js'

const scene = TinyScene.forFile({ workers: 'on demand' })

/** The first snapshot that fits; everything before it is let go. */
async function until(
  operation: Operation,
  fits: (snapshot: OperationSnapshot) => boolean,
): Promise<OperationSnapshot> {
  for await (const snapshot of operation.watch()) if (fits(snapshot)) return snapshot
  throw new Error('the operation ended before')
}

describe('a watched operation', () => {
  it('shows the last line of every working host', async () => {
    await scene.startWorker()
    const operation = await scene.client.start('apply', scene.cluster())
    const { steps } = await until(operation, ({ steps }) => steps.filter(({ line }) => line).length === 2)
    expect(steps.map(({ host, line }) => [host, line]).sort()).toEqual([
      ['cp1', 'cp1 at work'],
      ['w1', 'w1 at work'],
    ])
  })

  it('ends with the result', async () => {
    await scene.startWorker()
    const operation = await scene.client.start('apply', scene.cluster())
    scene.controls.finished = true
    await expect(operation.result()).resolves.toMatchObject({ changed: true, kubernetesVersion: 'v1.36.3' })
    const { state, progress } = await operation.describe()
    expect(state).toBe('done')
    const prepared = progress?.phases.find(({ title }) => title === 'Prepare hosts')
    expect(prepared?.hosts.map((host) => host.state)).toEqual(['done', 'done'])
  })

  it('fails with the error of the host, its code, place and hint', async () => {
    scene.controls.fatal = new QuorateError('SUDO_DENIED', 'a password is required', {
      host: 'w1',
      step: 'prepare',
    })
    await scene.startWorker()
    const operation = await scene.client.start('apply', scene.cluster())
    const { state, error } = await until(operation, (snapshot) => snapshot.state === 'failed')
    expect(state).toBe('failed')
    expect(error).toEqual(scene.controls.fatal.report())
  })

  it('shows why a step is retried', async () => {
    scene.controls.failures = 19
    await scene.startWorker()
    const operation = await scene.client.start('apply', scene.cluster())
    const { steps } = await until(operation, ({ steps }) => steps.some(({ attempt }) => attempt > 2))
    expect(steps[0]?.lastError).toMatchObject({ code: 'SSH_UNREACHABLE', message: 'connection refused' })
  })

  it('waits for a worker and continues once there is one', async () => {
    const operation = await scene.client.start('apply', scene.cluster())
    // The worker of an earlier test may have asked for work within the last minute.
    const isUnanswered = ({ reach }: OperationSnapshot) => reach === 'server' || reach === 'busy'
    await expect(until(operation, isUnanswered)).resolves.toMatchObject({ state: 'running' })
    await scene.startWorker()
    scene.controls.finished = true
    await expect(until(operation, ({ state }) => state === 'done')).resolves.toMatchObject({
      reach: 'worker',
    })
  })

  it('survives a restart of the Temporal server', async () => {
    await scene.startWorker()
    const operation = await scene.client.start('apply', scene.cluster())
    const watched: OperationSnapshot[] = []
    const watching = (async () => {
      for await (const snapshot of operation.watch()) watched.push(snapshot)
    })()
    await expect.poll(() => watched.at(-1)?.steps.length, PATIENCE).toBe(2)
    scene.server.kill()
    await expect.poll(() => watched.at(-1)?.reach, PATIENCE).toBe('nobody')
    await scene.server.startAgain()
    scene.controls.finished = true
    await watching
    expect(watched.at(-1)).toMatchObject({ state: 'done', result: { changed: true } })
  })

  it('that the server has lost fails with a hint how to continue', async () => {
    await scene.startWorker()
    const operation = await scene.client.start('apply', scene.cluster())
    const watching = until(operation, () => false)
    watching.catch(() => undefined)
    await until(operation, ({ steps }) => steps.length === 2)
    scene.server.kill()
    scene.server.forget()
    await scene.server.startAgain()
    await expect(watching).rejects.toMatchObject({
      code: 'OPERATION_LOST',
      message: expect.stringContaining(operation.workflowId) as string,
      hint: expect.stringMatching(/`quorate unlock`.*`quorate apply`/) as string,
    })
  })

  it('says what it waits for, until the operator vouches for it', async () => {
    await scene.startWorker()
    const operation = await scene.client.start('apply', scene.cluster({ loadBalancer: { type: 'external' } }))
    const waiting = await until(operation, ({ state }) => state === 'waiting')
    expect(waiting.progress?.blockedOn).toBe('load balancer health')
    await operation.signal('loadBalancerReady')
    scene.controls.finished = true
    await expect(operation.result()).resolves.toMatchObject({ changed: true })
  })

  it('is cancelled on request', async () => {
    await scene.startWorker()
    const operation = await scene.client.start('apply', scene.cluster())
    await until(operation, ({ steps }) => steps.length === 2)
    await operation.cancel()
    await expect(operation.result()).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' })
  })
})

describe('two clusters', () => {
  it('have their operations at once on one worker, each with its own result', async () => {
    await scene.startWorker()
    const { kubernetes } = scene.cluster()
    const older = scene.cluster({
      kubernetes: { ...kubernetes, version: 'v1.35.2' },
      hosts: [aHost('cp1'), aHost('w2')],
    })
    const operations = [
      await scene.client.start('apply', scene.cluster()),
      await scene.client.start('apply', older),
    ]
    const atWork = ({ steps }: OperationSnapshot) => steps.filter(({ line }) => line).length === 2
    const snapshots = await Promise.all(operations.map((operation) => until(operation, atWork)))
    expect(snapshots.map(({ steps }) => steps.map(({ host }) => host).sort())).toEqual([
      ['cp1', 'w1'],
      ['cp1', 'w2'],
    ])
    scene.controls.finished = true
    const results = await Promise.all(operations.map((operation) => operation.result()))
    expect(results).toMatchObject([{ kubernetesVersion: 'v1.36.3' }, { kubernetesVersion: 'v1.35.2' }])
  })
})

describe('a cluster', () => {
  it('has one operation at a time: a second is refused with the kind and start of the first', async () => {
    const cluster = scene.cluster()
    const operation = await scene.client.start('apply', cluster)
    await expect(scene.client.start('apply', cluster)).rejects.toMatchObject({ code: 'OPERATION_RUNNING' })
    await expect(scene.client.start('apply', cluster)).rejects.toThrow(
      new RegExp(`an apply of ${cluster.name} has been running since \\d{4}-.*, started by `),
    )
    await operation.cancel()
  })

  it('is described by the input of its operation', async () => {
    const cluster = scene.cluster()
    await scene.client.start('apply', cluster)
    const found = await scene.client.operation(cluster.name)
    await expect(found.input()).resolves.toEqual({ cluster, searchAttributes: true })
    await expect
      .poll(() => scene.client.list(), PATIENCE)
      .toContainEqual(
        expect.objectContaining({ cluster: cluster.name, status: 'RUNNING', runId: found.runId }),
      )
    await found.cancel()
  })

  it('without an operation is reported as such', async () => {
    await expect(scene.client.operation('nobody')).rejects.toMatchObject({ code: 'OPERATION_NOT_FOUND' })
  })
})
