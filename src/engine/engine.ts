/**
 * The embedded engine: a Temporal server on SQLite and a worker, both detached, started when a command needs them. If
 * part of it dies, its supervisor or the next command restarts that part, and operations go on where they were.
 */
import { existsSync } from 'node:fs'
import { isQuorateError, QuorateError } from '../errors/index.js'
import { tryConnect } from '../temporal/tcp-probe.js'
import { ensureKeyFile } from '../temporal/seal/key-file.js'
import type { SealSource } from '../temporal/seal/source.js'
import { codeFingerprint } from '../temporal/installation.js'
import { defined } from '../values/defined.js'
import { handOverAgent, handOverIdleAgent } from './agent.js'
import { engineHome, makeHome, type EngineHome } from './home.js'
import { withLock } from './lock.js'
import { assertHere, thisMachine } from './machine.js'
import { hasOpenOperation } from './open-operations.js'
import { freePort } from './ports.js'
import { refuseToLeaveRuns } from './left-runs.js'
import { isAlive, stop } from './process.js'
import { looksFrozen, pulseAge } from './pulse.js'
import { readRecord, writeRecord, type EngineRecord } from './record.js'
import { assertFree } from './server-failure.js'
import { loopback, SERVER_FORM, startServer, waitUntilReady } from './server.js'
import { startSupervisor } from './supervisor.js'
import { startWorker, waitUntilPolling } from './worker-process.js'

const DEFAULT_PORT = 7233
/** Long enough for the server to close its database. */
const SERVER_GRACE_MS = 10_000
/** More than the worker's own time for shutting down (src/worker.ts). */
const WORKER_GRACE_MS = 15_000
const SUPERVISOR_GRACE_MS = 5_000
const START_ATTEMPTS = 3

/** The engine that runs now. */
export interface RunningEngine {
  /** `host:port` of the Temporal server. */
  readonly address: string
  /** Whether no worker was running before, so that open operations go on only now. */
  readonly wasIdle: boolean
}

/**
 * What a command hands over to the worker. A command that only looks hands over nothing. A command that works through
 * the worker hands over its code and its SSH agent. It always hands over the agent if the caller decides on a run
 * (apply, resume), otherwise only if no open operation may need the present agent (plan, preflight, engine start).
 */
export type HandOver = 'nothing' | 'code and idle agent' | 'code and agent'

export interface EnsureEngineOptions {
  readonly home?: EngineHome
  readonly handOver: HandOver
  /** Do nothing when the engine was stopped on purpose. */
  readonly respectStop?: boolean
}

/**
 * Starts whatever part of the engine does not run. Safe to call at any time, from any number of processes.
 * @throws QuorateError `ENGINE_FOLDER_UNSAFE`, `ENGINE_ELSEWHERE`, `ENGINE_DATABASE_IN_USE`, `ENGINE_DATABASE_DAMAGED`,
 *   `TEMPORAL_CLI_MISSING`, `TEMPORAL_CLI_OUTDATED`, `ENGINE_FAILED`; `ENGINE_IN_USE` when it would replace a worker
 *   whose runs this release cannot go on with.
 */
export async function ensureEngine(options: EnsureEngineOptions): Promise<RunningEngine> {
  const home = options.home ?? engineHome()
  makeHome(home)
  if (options.handOver === 'code and agent') handOverAgent(home)
  const engine = await makeWhole(home, options)
  if (options.handOver === 'code and idle agent') {
    await handOverIdleAgent(home, () => hasOpenOperation(engine.address))
  }
  return engine
}

async function makeWhole(home: EngineHome, options: EnsureEngineOptions): Promise<RunningEngine> {
  const known = readRecord(home)
  assertHere(home, known)
  const hasKey = existsSync(home.sealKey)
  if (known !== undefined && hasKey && (await isWhole(known, options)))
    return { address: loopback(known.port), wasIdle: false }
  return withLock(home.folder, async () => {
    const record = readRecord(home)
    assertHere(home, record)
    if (options.respectStop === true && record?.stopped === true) {
      throw new QuorateError('ENGINE_FAILED', 'the engine was stopped', {
        hint: 'start it again with `quorate engine start`; the operation continues where it was',
      })
    }
    ensureKeyFile(home.sealKey)
    const hadWorker = record?.worker !== undefined && isAlive(record.worker)
    const served = await startServerIfNeeded(home, record, options)
    const worked = await startWorkerIfNeeded(home, served, options)
    const whole = await startSupervisorIfNeeded(home, worked, options)
    return { address: loopback(whole.port), wasIdle: !hadWorker }
  })
}

/** What the engine's worker and commands that use the engine seal with. */
export function engineSeal(home = engineHome()): SealSource {
  return { kind: 'file', path: home.sealKey }
}

/** Ends the worker and the server; operations wait in the database. False when neither was running. */
export async function stopEngine(home = engineHome()): Promise<boolean> {
  const known = readRecord(home)
  if (known === undefined) return false
  assertHere(home, known)
  return withLock(home.folder, async () => {
    const record = readRecord(home)
    if (record === undefined) return false
    const { server, worker, supervisor, ...rest } = record
    // The supervisor goes first: it would restart what is stopped here.
    if (supervisor !== undefined) await stop(supervisor, SUPERVISOR_GRACE_MS)
    const running = [worker, server].some((process) => process !== undefined && isAlive(process))
    if (worker !== undefined) await stop(worker, WORKER_GRACE_MS)
    if (server !== undefined) await stop(server, SERVER_GRACE_MS)
    writeRecord(home, { ...rest, stopped: true })
    return running
  })
}

/** The state of the engine. */
export interface EngineStatus {
  readonly home: EngineHome
  /** `host:port` of the Temporal server, where it runs or will run. */
  readonly address: string
  /** Whether it has ever run here, so that there may be operations. */
  readonly exists: boolean
  /** Process ids of what runs. */
  readonly serverPid?: number
  readonly workerPid?: number
  readonly supervisorPid?: number
  /** Whether the worker's process lives, but has done nothing for a minute; its supervisor replaces it. */
  readonly isWorkerFrozen: boolean
}

/** Looks without starting anything. */
export function engineStatus(home = engineHome()): EngineStatus {
  const record = readRecord(home)
  const { server, worker, supervisor } = record ?? {}
  return {
    home,
    exists: existsSync(home.database),
    address: loopback(record?.port ?? DEFAULT_PORT),
    isWorkerFrozen: worker !== undefined && isAlive(worker) && looksFrozen(pulseAge(home, worker.pid)),
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
  const isRenewed = server.form === SERVER_FORM && worker.fingerprint === codeFingerprint()
  if (handOver !== 'nothing' && !isRenewed) return false
  return (await tryConnect(loopback(port))) === undefined
}

async function startServerIfNeeded(
  home: EngineHome,
  known: EngineRecord | undefined,
  { handOver }: EnsureEngineOptions,
): Promise<EngineRecord> {
  if (known?.server !== undefined && isAlive(known.server)) {
    if (handOver === 'nothing' || known.server.form === SERVER_FORM) {
      await waitUntilReady(home, known.server, known.port)
      return known
    }
    // This server is from an earlier release, with other options. The worker waits for the new one and goes on.
    await stop(known.server, SERVER_GRACE_MS)
  }
  assertFree(home)
  return startServerOnFreePorts(home, known, START_ATTEMPTS)
}

/** Tries again on other ports: one that was free may be taken a moment later. */
async function startServerOnFreePorts(
  home: EngineHome,
  known: EngineRecord | undefined,
  attempts: number,
): Promise<EngineRecord> {
  const ports = {
    port: await freePort(known?.port, DEFAULT_PORT),
    httpPort: await freePort(known?.httpPort),
    metricsPort: await freePort(known?.metricsPort),
  }
  const { pid, startedAt, logStart } = await startServer(home, ports)
  const others = defined({ worker: known?.worker, supervisor: known?.supervisor })
  // Recorded before it is ready: if this command is killed, the next one finds the server and does not start a second.
  const server = { pid, startedAt, form: SERVER_FORM }
  const record = writeRecord(home, { machine: thisMachine(), ...ports, server, ...others, stopped: false })
  try {
    await waitUntilReady(home, server, ports.port, logStart)
  } catch (error) {
    if (attempts === 1 || !isPortTaken(error)) throw error
    return startServerOnFreePorts(home, record, attempts - 1)
  }
  return record
}

function isPortTaken(error: unknown): boolean {
  return isQuorateError(error) && /address already in use/.test(error.context.output ?? '')
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
    const isRight =
      worker.address === address && (handOver === 'nothing' || worker.fingerprint === fingerprint)
    if (isRight) return record
    if (worker.address === address) await refuseToLeaveRuns(address, worker.pid)
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
    if (handOver === 'nothing' || supervisor.fingerprint === fingerprint) return record
    await stop(supervisor, SUPERVISOR_GRACE_MS)
  }
  const started = await startSupervisor(home)
  return writeRecord(home, { ...record, supervisor: { ...started, fingerprint }, stopped: false })
}
