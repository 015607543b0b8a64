/** What runs of the engine, without starting anything. */
import { existsSync } from 'node:fs'
import { defined } from '../values/defined.js'
import { engineHome, type EngineHome } from './home.js'
import { isAlive } from './process.js'
import { looksFrozen, pulseAge } from './pulse.js'
import { readRecord, type UnitRecord } from './record.js'
import { DEFAULT_PORT, loopback } from './server.js'
import { unitOf } from './unit/wake.js'

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
  /** The unit that the engine belongs to. */
  readonly unit?: UnitRecord
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
    ...defined({ unit: unitOf(record) }),
  }
}
