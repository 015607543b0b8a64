/**
 * The engine's supervisor: a small process that restarts the server and the worker when they die, and replaces a frozen
 * worker. So an operation goes on without waiting for the next command. The supervisor ends with the engine; if it dies
 * itself, the next command starts it again.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { quorateInvocation } from '../temporal/installation.js'
import { workerEnvironment } from './environment.js'
import { engineHome, type EngineHome } from './home.js'
import { trimLog } from './logs.js'
import { isAlive, startDetached, stop, type ProcessIdentity } from './process.js'
import { PulseWatch } from './pulse.js'
import { readRecord, type EngineRecord } from './record.js'

const INTERVAL_MS = 1_000
/** Delay between a death and the restart; doubled for every death that soon follows a start. */
const FIRST_BACKOFF_MS = 1_000
const LONGEST_BACKOFF_MS = 60_000
/** What ran for this long did not die because of its start. */
const STEADY_MS = 60_000

/** Starts the supervisor of this engine. */
export function startSupervisor(home: EngineHome): Promise<ProcessIdentity> {
  const { command, args } = quorateInvocation()
  return startDetached(
    { command, args: [...args, 'engine', 'supervise'] },
    { environment: workerEnvironment(home), folder: home.folder, log: home.supervisorLog },
  )
}

/** What the supervisor needs from its surroundings. */
export interface Supervision {
  readonly home?: EngineHome
  /** Starts whatever part of the engine does not run. */
  readonly restart: () => Promise<void>
  /** Tells what was found and done. */
  readonly log: (message: string) => void
  /** Ends the supervision. */
  readonly signal?: AbortSignal
}

/** Supervises until the engine is stopped or removed, or has another supervisor. */
export async function superviseEngine(supervision: Supervision): Promise<void> {
  const { home = engineHome(), log, signal } = supervision
  let backoffMs = FIRST_BACKOFF_MS
  let startedAt = Date.now()
  const pulse = new PulseWatch()
  for (;;) {
    if (await isAbortedWithin(INTERVAL_MS, signal)) return
    const record = readRecord(home)
    if (record === undefined || record.stopped || record.supervisor?.pid !== process.pid) return
    for (const file of [home.serverLog, home.workerLog, home.supervisorLog]) trimLog(file)
    if (record.worker !== undefined && pulse.look(home, record.worker.pid))
      await endFrozen(record.worker, log)
    const dead = whatDied(record)
    if (dead === undefined) continue
    backoffMs = Date.now() - startedAt > STEADY_MS ? FIRST_BACKOFF_MS : backoffMs
    log(`${dead} ended by itself; it is started again in ${backoffMs / 1000} s`)
    if (await isAbortedWithin(backoffMs, signal)) return
    backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)
    await restartAndTell(supervision)
    startedAt = Date.now()
  }
}

async function restartAndTell({ restart, log }: Supervision): Promise<void> {
  try {
    await restart()
    log('the engine runs again')
  } catch (error) {
    log(`it could not be started: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Waits, at most until the signal; true if that came. */
function isAbortedWithin(milliseconds: number, signal: AbortSignal | undefined): Promise<boolean> {
  return delay(milliseconds, false, { signal }).catch(() => true)
}

/** A stopped process does not react to SIGTERM, so it is killed at once. What it had begun continues on the hosts. */
async function endFrozen(worker: ProcessIdentity, log: (message: string) => void): Promise<void> {
  if (!isAlive(worker)) return
  log(
    `the worker (pid ${worker.pid}) is frozen: it is alive, but has done nothing for a minute; it is being replaced`,
  )
  await stop(worker, 0)
}

/** Recorded processes that do not run. What is not recorded yet is being started by somebody else. */
function whatDied({ server, worker }: EngineRecord): string | undefined {
  const dead = [
    ...(server !== undefined && !isAlive(server) ? ['the server'] : []),
    ...(worker !== undefined && !isAlive(worker) ? ['the worker'] : []),
  ]
  return dead.length === 0 ? undefined : dead.join(' and ')
}
