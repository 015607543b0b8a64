/**
 * The embedded engine: a Temporal server on SQLite and a worker, both detached, started when a command needs them. If
 * part of it dies, its supervisor or the next command restarts that part, and operations go on where they were. Where
 * the engine belongs to a systemd unit (unit/), only that unit's process starts parts; commands ask systemd for it.
 */
import { existsSync } from 'node:fs'
import { QuorateError } from '../errors/index.js'
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
import { identify, isAlive, stop } from './process.js'
import { readRecord, withoutProcesses, writeRecord, type EngineRecord, type UnitRecord } from './record.js'
import { assertFree, mayStartAgain } from './server-failure.js'
import { DEFAULT_PORT, loopback, SERVER_FORM, startServer, waitUntilReady } from './server.js'
import { startSupervisor } from './supervisor.js'
import { assertManager, mustSystemctl } from './unit/manager.js'
import { UNIT } from './unit/unit-file.js'
import { unitOf, wakeUnit } from './unit/wake.js'
import { isOutdated, isWhole, type HandOver } from './whole.js'
import { startWorker, waitUntilPolling } from './worker-process.js'

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

export interface EnsureEngineOptions {
  readonly home?: EngineHome
  readonly handOver: HandOver
  /** Do nothing when the engine was stopped on purpose. */
  readonly respectStop?: boolean
  /** This process is the main process of this unit: it takes the engine over, and is its supervisor. */
  readonly asUnit?: UnitRecord
}

/**
 * Starts whatever part of the engine does not run. Safe to call at any time, from any number of processes.
 * @throws QuorateError `ENGINE_FOLDER_UNSAFE`, `ENGINE_ELSEWHERE`, `ENGINE_DATABASE_IN_USE`, `ENGINE_DATABASE_DAMAGED`,
 *   `TEMPORAL_CLI_MISSING`, `TEMPORAL_CLI_OUTDATED`, `ENGINE_FAILED`, `ENGINE_UNIT_UNSUPPORTED`, `ENGINE_UNIT_FAILED`;
 *   `ENGINE_IN_USE` when it would replace a worker whose runs this release cannot go on with.
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
  const { asUnit, handOver } = options
  const isTaken = asUnit === undefined || known?.supervisor?.pid === process.pid
  if (known !== undefined && isTaken && existsSync(home.sealKey) && (await isWhole(known, handOver)))
    return { address: loopback(known.port), wasIdle: false }
  const unit = asUnit === undefined ? unitOf(known) : undefined
  if (unit !== undefined) return wholeByUnit(home, unit, options)
  const made = await withLock(home.folder, () => startParts(home, options))
  // A unit took the engine over while this command waited for its turn.
  return made === 'of a unit' ? makeWhole(home, options) : made
}

async function startParts(
  home: EngineHome,
  options: EnsureEngineOptions,
): Promise<RunningEngine | 'of a unit'> {
  const { asUnit } = options
  const found = readRecord(home)
  assertHere(home, found)
  if (asUnit === undefined && unitOf(found) !== undefined) return 'of a unit'
  if (options.respectStop === true && found?.stopped === true) {
    throw new QuorateError('ENGINE_FAILED', 'the engine was stopped', {
      hint: 'start it again with `quorate engine start`; the operation continues where it was',
    })
  }
  ensureKeyFile(home.sealKey)
  const hadWorker = found?.worker !== undefined && isAlive(found.worker)
  const record = asUnit === undefined ? found : await takeOver(found, asUnit)
  const served = await startServerIfNeeded(home, record, options)
  const worked = await startWorkerIfNeeded(home, served, options)
  const whole = await startSupervisorIfNeeded(home, worked, options)
  return { address: loopback(whole.port), wasIdle: !hadWorker }
}

/** Ends what others have started: all parts of the unit's engine must be processes of the unit. */
async function takeOver(
  record: EngineRecord | undefined,
  unit: UnitRecord,
): Promise<EngineRecord | undefined> {
  if (record === undefined || record.supervisor?.pid === process.pid) return record
  const { worker } = record
  if (worker !== undefined && isAlive(worker) && worker.fingerprint !== codeFingerprint())
    await refuseToLeaveRuns(worker.address, worker.pid)
  await endParts(record)
  return { ...record, unit }
}

async function wholeByUnit(
  home: EngineHome,
  unit: UnitRecord,
  options: EnsureEngineOptions,
): Promise<RunningEngine> {
  const { worker } = readRecord(home) ?? {}
  const hadWorker = worker !== undefined && isAlive(worker)
  const { port } = await wakeUnit(home, unit, {
    isWhole: (record) => isWhole(record, options.handOver),
    isOutdated: (record) => isOutdated(record, options.handOver),
    respectStop: options.respectStop === true,
  })
  return { address: loopback(port), wasIdle: !hadWorker }
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
    const running = [record.worker, record.server].some(
      (process) => process !== undefined && isAlive(process),
    )
    const unit = unitOf(record)
    if (unit !== undefined) {
      await assertManager(unit.scope)
      await mustSystemctl(unit.scope, 'stop', UNIT)
    }
    await endParts(record)
    writeRecord(home, { ...withoutProcesses(record), stopped: true })
    return running
  })
}

/** Ends all parts that run. The supervisor goes first: it would restart what is stopped after it. */
export async function endParts({ server, worker, supervisor }: EngineRecord): Promise<void> {
  if (supervisor !== undefined && supervisor.pid !== process.pid) await stop(supervisor, SUPERVISOR_GRACE_MS)
  if (worker !== undefined) await stop(worker, WORKER_GRACE_MS)
  if (server !== undefined) await stop(server, SERVER_GRACE_MS)
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
  const others = defined({ worker: known?.worker, supervisor: known?.supervisor, unit: known?.unit })
  // Recorded before it is ready: if this command is killed, the next one finds the server and does not start a second.
  const server = { pid, startedAt, form: SERVER_FORM }
  const record = writeRecord(home, { machine: thisMachine(), ...ports, server, ...others, stopped: false })
  try {
    await waitUntilReady(home, server, ports.port, logStart)
  } catch (error) {
    if (attempts === 1 || !mayStartAgain(error)) throw error
    return startServerOnFreePorts(home, record, attempts - 1)
  }
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
  { handOver, asUnit }: EnsureEngineOptions,
): Promise<EngineRecord> {
  const fingerprint = codeFingerprint()
  const { supervisor } = record
  if (asUnit !== undefined)
    return writeRecord(home, { ...record, ...asSupervisor(fingerprint), unit: asUnit })
  if (supervisor !== undefined && isAlive(supervisor)) {
    if (handOver === 'nothing' || supervisor.fingerprint === fingerprint) return record
    await stop(supervisor, SUPERVISOR_GRACE_MS)
  }
  const started = await startSupervisor(home)
  return writeRecord(home, { ...record, supervisor: { ...started, fingerprint }, stopped: false })
}

/** This process as the recorded supervisor. */
function asSupervisor(fingerprint: string): Pick<EngineRecord, 'supervisor'> {
  const self = identify(process.pid)
  return self === undefined ? {} : { supervisor: { ...self, fingerprint } }
}
