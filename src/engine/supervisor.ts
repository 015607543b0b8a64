/**
 * The engine's supervisor: a small process that starts server and worker again when they die, and replaces a worker
 * that is frozen, so that an operation goes on without waiting for the next command. It ends with the engine; the next
 * command starts it again where it died itself.
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
/** From the death of what was just started to the next start; doubled each time. */
const FIRST_BACKOFF_MS = 1_000
const LONGEST_BACKOFF_MS = 60_000
/** What ran for so long did not die of its start. */
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
  /** Starts what does not run of the engine. */
  readonly restart: () => Promise<void>
  /** Tells what was found and done. */
  readonly log: (message: string) => void
}

/** Supervises until the engine is stopped or removed, or has another supervisor. */
export async function superviseEngine({ home = engineHome(), restart, log }: Supervision): Promise<void> {
  let backoffMs = FIRST_BACKOFF_MS
  let startedAt = Date.now()
  const pulse = new PulseWatch()
  for (;;) {
    await delay(INTERVAL_MS)
    const record = readRecord(home)
    if (record === undefined || record.stopped || record.supervisor?.pid !== process.pid) return
    for (const file of [home.serverLog, home.workerLog, home.supervisorLog]) trimLog(file)
    if (record.worker !== undefined && pulse.look(home, record.worker.pid))
      await endFrozen(record.worker, log)
    const dead = whatDied(record)
    if (dead === undefined) continue
    backoffMs = Date.now() - startedAt > STEADY_MS ? FIRST_BACKOFF_MS : backoffMs
    log(`${dead} ended by itself; it is started again in ${backoffMs / 1000} s`)
    await delay(backoffMs)
    backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)
    try {
      await restart()
      log('the engine runs again')
    } catch (error) {
      log(`it could not be started: ${error instanceof Error ? error.message : String(error)}`)
    }
    startedAt = Date.now()
  }
}

/** A process that is stopped hears no polite signal; what it had begun goes on on the hosts. */
async function endFrozen(worker: ProcessIdentity, log: (message: string) => void): Promise<void> {
  if (!isAlive(worker)) return
  log(`the worker (pid ${worker.pid}) is frozen: it lives, but has done nothing for a minute; it is replaced`)
  await stop(worker, 0)
}

/** Processes that were recorded and do not run; what was not started yet is in somebody's hands. */
function whatDied({ server, worker }: EngineRecord): string | undefined {
  const dead = [
    ...(server !== undefined && !isAlive(server) ? ['the server'] : []),
    ...(worker !== undefined && !isAlive(worker) ? ['the worker'] : []),
  ]
  return dead.length === 0 ? undefined : dead.join(' and ')
}
