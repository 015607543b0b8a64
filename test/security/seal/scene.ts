/**
 * A Temporal server that asks nobody who he is, a worker with a key file, its owner's client, and a stranger: another
 * user of the machine, who reaches the server but not the key.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { pino } from 'pino'
import { afterAll, beforeAll, expect } from 'vitest'
import type { Activities } from '../../../src/activities/index.js'
import type { Cluster } from '../../../src/cluster/model.js'
import type { OperationProgress } from '../../../src/operations/progress.js'
import { connect, type TemporalConnection } from '../../../src/temporal/connection.js'
import { createKeyFile } from '../../../src/temporal/seal/key-file.js'
import type { SealSource } from '../../../src/temporal/seal/source.js'
import type { RunReference } from '../../../src/client/run-reference.js'
import { observe } from '../../../src/client/snapshot.js'
import { plainSettings } from '../../../src/temporal/settings.js'
import { startOperation } from '../../../src/client/start.js'
import { runWorker } from '../../../src/worker.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { fakeActivities, hopeless } from '../../support/fake-activities.js'
import { TestServer } from '../../support/tiny-operations.js'
import { testBundle } from '../../support/workflow-bundle.js'
import type { ScriptedActivities } from '../../support/temporal.js'

export const PATIENCE = { timeout: 60_000, interval: 200 }

export class SealScene {
  readonly folder = mkdtempSync(join(tmpdir(), 'quorate-seal-'))
  readonly keyFile = join(this.folder, 'seal.key')
  server!: TestServer
  owner!: TemporalConnection
  /** Reaches the server, and has no key. */
  stranger!: Client
  /** What the worker logged. */
  log: string[] = []
  /** Every activity that began, by type. */
  journal: string[] = []
  /** What replaces the fake activities now. */
  replaced: ScriptedActivities = {}
  private strangers!: Connection
  private stopWorker = (): Promise<void> => Promise.resolve()
  private clusters = 0

  static forFile({ encrypt = false }: { readonly encrypt?: boolean } = {}): SealScene {
    const scene = new SealScene()
    beforeAll(async () => {
      createKeyFile(scene.keyFile, encrypt)
      scene.server = await TestServer.start()
      scene.owner = await connect(scene.settings())
      scene.strangers = await Connection.connect({ address: scene.server.address })
      scene.stranger = new Client({ connection: scene.strangers })
      await scene.startWorker()
    })
    afterAll(async () => {
      await scene.endWorker()
      await scene.owner.close()
      await scene.strangers.close()
      await scene.server.remove()
      rmSync(scene.folder, { recursive: true, force: true })
    })
    return scene
  }

  settings(keyFile = this.keyFile) {
    return plainSettings(this.server.address, { kind: 'file', path: keyFile })
  }

  async startWorker(seal: SealSource = { kind: 'file', path: this.keyFile }): Promise<void> {
    const end = new AbortController()
    const log = pino({ level: 'info' }, { write: (line: string) => void this.log.push(line) })
    const replace = { workflowBundle: await testBundle(), activities: () => this.activities() }
    const running = runWorker({
      settings: plainSettings(this.server.address, seal),
      log,
      signal: end.signal,
      replace,
    })
    this.stopWorker = async () => {
      end.abort()
      await running
    }
  }

  async endWorker(): Promise<void> {
    await this.stopWorker()
    this.stopWorker = () => Promise.resolve()
  }

  /** A cluster of its own for each test. */
  cluster(): Cluster {
    this.clusters += 1
    return aCluster({ name: `seal-${this.clusters}`, hosts: [aHost('cp1'), aHost('w1')] })
  }

  /** The owner starts an apply. */
  apply(cluster = this.cluster()): Promise<RunReference> {
    return startOperation(this.owner.client, 'apply', cluster)
  }

  /** An apply of the owner's that waits for a decision about w1. */
  async blocked(): Promise<RunReference> {
    const broken = () => Promise.reject(hopeless('KUBEADM_PREFLIGHT_FAILED', 'port 10250 is in use', 'w1'))
    this.replaced = { joinWorker: broken }
    const run = await this.apply()
    await expect.poll(async () => (await this.progress(run))?.state, PATIENCE).toBe('blocked')
    return run
  }

  async progress(run: RunReference): Promise<OperationProgress | undefined> {
    return (await observe(this.owner.client, run)).progress
  }

  /** Waits for the end, as the owner sees it. */
  async end(run: RunReference) {
    const closed = ['done', 'failed', 'cancelled']
    await expect.poll(async () => (await observe(this.owner.client, run)).state, PATIENCE).toBeOneOf(closed)
    return observe(this.owner.client, run)
  }

  /** The run of a workflow, in the stranger's hands. */
  inStrangersHands({ workflowId, runId }: RunReference): WorkflowHandle {
    return this.stranger.workflow.getHandle(workflowId, runId)
  }

  private activities(): object {
    const all: [string, (...args: never[]) => Promise<unknown>][] = Object.entries(
      fakeActivities().activities,
    )
    return Object.fromEntries(
      all.map(([name, obey]) => [
        name,
        (...args: never[]) => {
          this.journal.push(name)
          return (this.replaced[name as keyof Activities] ?? obey)(...args)
        },
      ]),
    )
  }
}
