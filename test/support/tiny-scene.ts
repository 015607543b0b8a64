/** What tests with tiny operations begin with: a server and a client for the file, a worker for each test. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { connect, type Quorate } from '../../src/client.js'
import type { Operation } from '../../src/client/operation.js'
import type { Cluster } from '../../src/cluster/model.js'
import { QuorateError } from '../../src/errors/index.js'
import type { StartOptions } from '../../src/operations/input.js'
import { aCluster, aHost } from './clusters.js'
import { Controls } from './tiny-activities.js'
import { startTinyWorker, TestServer, type TinyRelease } from './tiny-operations.js'
import { defined } from '../../src/values/defined.js'

/** For what a busy machine may take. */
export const PATIENCE = { timeout: 60_000 }

export class TinyScene {
  server!: TestServer
  client!: Quorate
  /** What the activities of the test's operations do; each test has its own. */
  controls = new Controls()
  private worker = () => Promise.resolve()
  private clusters = 0

  /** A scene for the tests of a file. Each test begins with a worker unless `workers` says otherwise. */
  static forFile(
    { workers }: { readonly workers: 'started' | 'on demand' } = { workers: 'started' },
  ): TinyScene {
    const scene = new TinyScene()
    beforeAll(async () => {
      scene.server = await TestServer.start()
      scene.client = await connect({ address: scene.server.address })
    })
    afterAll(async () => {
      await scene.client.close()
      await scene.server.remove()
    })
    beforeEach(async () => {
      scene.controls = new Controls()
      if (workers === 'started') await scene.startWorker()
    })
    afterEach(async () => {
      scene.controls.finished = true
      await scene.stopWorker()
    })
    return scene
  }

  async startWorker(release?: TinyRelease): Promise<void> {
    this.worker = await startTinyWorker(this.server.address, this.controls.activities, defined({ release }))
  }

  async stopWorker(): Promise<void> {
    const stop = this.worker
    this.worker = () => Promise.resolve()
    await stop()
  }

  /** A cluster with cp1 and w1, another for each test, since a cluster has one operation at a time. */
  cluster(changes: Partial<Cluster> = {}): Cluster {
    this.clusters += 1
    return aCluster({ name: `tiny-${this.clusters}`, hosts: [aHost('cp1'), aHost('w1')], ...changes })
  }

  /** Starts an apply of a cluster of its own. */
  async start(options: StartOptions = {}): Promise<Operation> {
    return this.client.start('apply', this.cluster(), options)
  }

  /** The steps of these hosts fail from now on, in a way that only a person can fix. */
  breakHosts(...hosts: readonly string[]): void {
    for (const host of hosts) {
      const busy = new QuorateError('KUBEADM_PREFLIGHT_FAILED', 'port 6443 is in use', {
        host,
        hint: 'free it',
      })
      this.controls.broken.set(host, busy)
    }
  }

  /** An apply of which these hosts are parked and the others done. */
  async startBlocked(...hosts: readonly string[]): Promise<Operation> {
    this.breakHosts(...hosts)
    this.controls.finished = true
    const operation = await this.start()
    await expect.poll(async () => (await operation.describe()).state, PATIENCE).toBe('blocked')
    return operation
  }
}
