/** A Temporal server of a test's own that can be killed and started again, and workers for the tiny workflow. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { engineHome, type EngineHome } from '../../src/engine/home.js'
import { freePort } from '../../src/engine/ports.js'
import { stop, type ProcessIdentity } from '../../src/engine/process.js'
import { loopback, startServer, waitUntilReady } from '../../src/engine/server.js'
import type { SealSource } from '../../src/temporal/seal/source.js'
import { plainSettings } from '../../src/temporal/settings.js'
import { runWorker } from '../../src/worker.js'
import type { TinyActivities } from './tiny-activities.js'
import { testBundle } from './workflow-bundle.js'

const WORKFLOWS = fileURLToPath(new URL('./tiny-workflows.ts', import.meta.url))

/** A server with its database in a temporary folder. */
export class TestServer {
  readonly home: EngineHome
  readonly port: number
  private process: ProcessIdentity | undefined

  private constructor(port: number) {
    this.port = port
    this.home = engineHome({ QUORATE_HOME: mkdtempSync(join(tmpdir(), 'quorate-server-')) })
  }

  static async start(): Promise<TestServer> {
    const server = new TestServer(await freePort())
    await server.startAgain()
    return server
  }

  get address(): string {
    return loopback(this.port)
  }

  async startAgain(): Promise<void> {
    this.process = await startServer(this.home, {
      port: this.port,
      httpPort: await freePort(),
      metricsPort: await freePort(),
    })
    await waitUntilReady(this.home, this.process, this.port)
  }

  /** As a crash would. */
  kill(): void {
    if (this.process !== undefined) process.kill(this.process.pid, 'SIGKILL')
  }

  /** As where its database is deleted while it does not run. */
  forget(): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.home.database}${suffix}`, { force: true })
  }

  async remove(): Promise<void> {
    if (this.process !== undefined) await stop(this.process, 5_000)
    rmSync(this.home.folder, { recursive: true, force: true })
  }
}

/** The tiny workflow as it is; or as a later release might have it, which calls its activity by another name. */
export type TinyRelease = 'this' | 'later'

/** A worker of the tiny workflow in this process; the result ends it. */
export async function startTinyWorker(
  address: string,
  activities: TinyActivities,
  {
    release = 'this',
    seal = { kind: 'none' },
  }: { readonly release?: TinyRelease; readonly seal?: SealSource } = {},
): Promise<() => Promise<void>> {
  const { code } = await testBundle(WORKFLOWS)
  const workflowBundle = { code: release === 'this' ? code : renameActivity(code) }
  const replace = {
    workflowBundle,
    activities: () => ({ ...activities, labour: (host: string) => activities.work(host) }),
  }
  const end = new AbortController()
  const log = pino({ level: 'fatal' })
  const running = runWorker({ settings: plainSettings(address, seal), log, signal: end.signal, replace })
  return async () => {
    end.abort()
    await running
  }
}

function renameActivity(code: string): string {
  const renamed = code.replace(/const \{ work \} =/, 'const { labour: work } =')
  if (renamed === code) throw new Error('the bundle does not have the activity where it was')
  return renamed
}
