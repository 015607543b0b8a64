/**
 * The embedded engine: a Temporal server on SQLite and a worker, both detached, started when a command needs them.
 * Whatever of it dies is started again by its supervisor or the next command, and operations go on where they were.
 */
import { existsSync } from 'node:fs'
import { QuorateError } from '../../errors/index.js'
import { tryConnect } from '../preflight.js'
import { ensureKeyFile } from '../seal/key-file.js'
import type { SealSource } from '../seal/source.js'
import { codeFingerprint } from '../runtime.js'
import { handOverAgent } from './agent.js'
import { engineHome, makeHome, type EngineHome } from './home.js'
import { withLock } from './lock.js'
import { freePort } from './ports.js'
import { isAlive, stop } from './process.js'
import { readRecord, writeRecord, type EngineRecord } from './record.js'
import { loopback, startServer, waitUntilReady } from './server.js'
import { startSupervisor } from './supervisor.js'
import { startWorker, waitUntilPolling } from './worker-process.js'

const DEFAULT_PORT = 7233
const DEFAULT_UI_PORT = 8233
/** Long enough for the server to close its database. */
const SERVER_GRACE_MS = 10_000
/** More than the worker's own time for shutting down (src/worker.ts). */
const WORKER_GRACE_MS = 15_000
const SUPERVISOR_GRACE_MS = 5_000

/** Where the running engine is reached. */
export interface EngineAddresses {
  /** `host:port` of the Temporal server. */
  readonly address: string
  /** URL of the Temporal UI. */
  readonly uiAddress: string
}

/** The engine that runs now. */
export interface RunningEngine extends EngineAddresses {
  /** Whether nothing worked on operations before: open ones go on only now. */
  readonly wasIdle: boolean
}

export interface EnsureEngineOptions {
  readonly home?: EngineHome
  /**
   * What starts an operation hands over: the worker gets this caller's SSH agent, and is restarted when it runs
   * other code than ours. What only looks leaves the worker as it is.
   */
  readonly handOver: boolean
  /** Do nothing when the engine was stopped on purpose. */
  readonly respectStop?: boolean
}

/** Makes the engine run, whatever is missing of it. Safe to call at any time, from any number of processes. */
export async function ensureEngine(options: EnsureEngineOptions): Promise<RunningEngine> {
  const home = options.home ?? engineHome()
  makeHome(home)
  if (options.handOver) handOverAgent(home)
  const known = readRecord(home)
  const hasKey = existsSync(home.sealKey)
  if (known !== undefined && hasKey && (await isWhole(known, options)))
    return { ...addresses(known), wasIdle: false }
  return withLock(home.folder, async () => {
    const record = readRecord(home)
    if (options.respectStop === true && record?.stopped === true) {
      throw new QuorateError('ENGINE_FAILED', 'the engine was stopped', {
        hint: 'start it again with `quorate engine start`; the operation goes on where it was',
      })
    }
    ensureKeyFile(home.sealKey)
    const hadWorker = record?.worker !== undefined && isAlive(record.worker)
    const served = await startServerIfNeeded(home, record)
    const worked = await startWorkerIfNeeded(home, served, options)
    const whole = await startSupervisorIfNeeded(home, worked, options)
    return { ...addresses(whole), wasIdle: !hadWorker }
  })
}

/** With what commands and worker of the engine seal. */
export function engineSeal(home = engineHome()): SealSource {
  return { kind: 'file', path: home.sealKey }
}

/** Ends worker and server; operations wait in the database. False when nothing ran. */
export async function stopEngine(home = engineHome()): Promise<boolean> {
  if (readRecord(home) === undefined) return false
  return withLock(home.folder, async () => {
    const record = readRecord(home)
    if (record === undefined) return false
    const { server, worker, supervisor, ...rest } = record
    // The first of all: it would start again what is stopped here.
    if (supervisor !== undefined) await stop(supervisor, SUPERVISOR_GRACE_MS)
    const running = [worker, server].some((process) => process !== undefined && isAlive(process))
    if (worker !== undefined) await stop(worker, WORKER_GRACE_MS)
    if (server !== undefined) await stop(server, SERVER_GRACE_MS)
    writeRecord(home, { ...rest, stopped: true })
    return running
  })
}

/** What is there of the engine. */
export interface EngineStatus extends EngineAddresses {
  readonly home: EngineHome
  /** Whether it has ever run here, so that there may be operations. */
  readonly exists: boolean
  /** Process ids of what runs. */
  readonly serverPid?: number
  readonly workerPid?: number
  readonly supervisorPid?: number
}

/** Looks without starting anything. */
export function engineStatus(home = engineHome()): EngineStatus {
  const record = readRecord(home)
  const { server, worker, supervisor } = record ?? {}
  return {
    home,
    exists: existsSync(home.database),
    ...addresses(record ?? { port: DEFAULT_PORT, uiPort: DEFAULT_UI_PORT }),
    ...(server !== undefined && isAlive(server) ? { serverPid: server.pid } : {}),
    ...(worker !== undefined && isAlive(worker) ? { workerPid: worker.pid } : {}),
    ...(supervisor !== undefined && isAlive(supervisor) ? { supervisorPid: supervisor.pid } : {}),
  }
}

async function isWhole(record: EngineRecord, { handOver }: EnsureEngineOptions): Promise<boolean> {
  const { server, worker, supervisor, port } = record
  if (supervisor === undefined || !isAlive(supervisor)) return false
  if (server === undefined || !isAlive(server)) return false
  if (worker === undefined || !isAlive(worker)) return false
  if (handOver && worker.fingerprint !== codeFingerprint()) return false
  return (await tryConnect(loopback(port))) === undefined
}

async function startServerIfNeeded(home: EngineHome, known: EngineRecord | undefined): Promise<EngineRecord> {
  if (known?.server !== undefined && isAlive(known.server)) {
    await waitUntilReady(home, known.server, known.port)
    return known
  }
  const port = await freePort(known?.port, DEFAULT_PORT)
  const uiPort = await freePort(known?.uiPort, DEFAULT_UI_PORT)
  const server = await startServer(home, port, uiPort)
  const others = {
    ...(known?.worker === undefined ? {} : { worker: known.worker }),
    ...(known?.supervisor === undefined ? {} : { supervisor: known.supervisor }),
  }
  // Recorded before it is ready: whoever comes after a kill of this command finds it and starts no second one.
  const record = writeRecord(home, { port, uiPort, server, ...others, stopped: false })
  await waitUntilReady(home, server, port)
  return record
}

async function startWorkerIfNeeded(
  home: EngineHome,
  record: EngineRecord,
  { handOver }: EnsureEngineOptions,
): Promise<EngineRecord> {
  const address = loopback(record.port)
  const fingerprint = codeFingerprint()
  const { worker } = record
  if (worker !== undefined && isAlive(worker)) {
    const isRight = worker.address === address && (!handOver || worker.fingerprint === fingerprint)
    if (isRight) return record
    await stop(worker, WORKER_GRACE_MS)
  }
  const started = await startWorker(home, address)
  const next = writeRecord(home, { ...record, worker: { ...started, fingerprint, address }, stopped: false })
  await waitUntilPolling(home, started, address)
  return next
}

async function startSupervisorIfNeeded(
  home: EngineHome,
  record: EngineRecord,
  { handOver }: EnsureEngineOptions,
): Promise<EngineRecord> {
  const fingerprint = codeFingerprint()
  const { supervisor } = record
  if (supervisor !== undefined && isAlive(supervisor)) {
    if (!handOver || supervisor.fingerprint === fingerprint) return record
    await stop(supervisor, SUPERVISOR_GRACE_MS)
  }
  const started = await startSupervisor(home)
  return writeRecord(home, { ...record, supervisor: { ...started, fingerprint }, stopped: false })
}

function addresses({ port, uiPort }: Pick<EngineRecord, 'port' | 'uiPort'>): EngineAddresses {
  return { address: loopback(port), uiAddress: `http://${loopback(uiPort)}` }
}
