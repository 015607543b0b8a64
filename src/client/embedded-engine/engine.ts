/**
 * The embedded engine as its user sees it: start, stop, status, logs. What only reads a file does not load the
 * engine's own code.
 */
import { engineHome } from '../../engine/home.js'
import type { EngineStatus } from '../../engine/status.js'

/** What was stopped. */
export interface StoppedEngine {
  /** False when neither its server nor its worker was running. */
  readonly stopped: boolean
  /** Names of the clusters whose operation waits until the engine is started again. */
  readonly open: readonly string[]
  /** Whether a systemd unit has the engine, which starts it again with the machine. */
  readonly isUnits: boolean
}

/** A log of the engine. */
export interface EngineLog {
  readonly name: 'server' | 'worker' | 'supervisor'
  readonly path: string
}

/**
 * Starts whatever part of the engine does not run, with the code of this process. The worker gets this process's SSH
 * agent unless an open operation may need the one it has.
 * @throws QuorateError `TEMPORAL_CLI_MISSING`, `TEMPORAL_CLI_OUTDATED`, or one of the `ENGINE_` family.
 */
export async function startEngine(): Promise<void> {
  const { ensureEngine } = await import('../../engine/engine.js')
  await ensureEngine({ handOver: 'code and idle agent' })
}

/** Looks without starting anything. */
export async function engineStatus(): Promise<EngineStatus> {
  return (await import('../../engine/status.js')).engineStatus()
}

/**
 * Ends the engine's server and worker; operations wait in its database.
 * @throws QuorateError `ENGINE_ELSEWHERE`
 */
export async function stopEngine(): Promise<StoppedEngine> {
  const [engine, { engineStatus: look }, { openClusters }] = await Promise.all([
    import('../../engine/engine.js'),
    import('../../engine/status.js'),
    import('../../engine/open-operations.js'),
  ])
  const { address, serverPid, unit } = look()
  const open = serverPid === undefined ? [] : await openClusters(address)
  return { stopped: await engine.stopEngine(), open, isUnits: unit !== undefined }
}

/** Where the engine writes its logs. */
export function engineLogs(): readonly EngineLog[] {
  const { serverLog, workerLog, supervisorLog } = engineHome()
  return [
    { name: 'server', path: serverLog },
    { name: 'worker', path: workerLog },
    { name: 'supervisor', path: supervisorLog },
  ]
}

/** Starts again what dies of the engine, until it is stopped on purpose. `log` takes lines for people. */
export async function superviseEngine(log: (line: string) => void): Promise<void> {
  const { superviseEngine: supervise } = await import('../../engine/supervisor.js')
  await supervise({
    restart: async () => {
      const { ensureEngine } = await import('../../engine/engine.js')
      await ensureEngine({ handOver: 'nothing', respectStop: true })
    },
    log,
  })
}
