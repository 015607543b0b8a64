/** The engine's folder, which holds its database, record and logs. Only its owner may change it. */
import { chmodSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { QuorateError } from '../errors/index.js'
import { unsafeFolder } from './folder-checks.js'

/** The files of the engine. */
export interface EngineHome {
  readonly folder: string
  /** SQLite database of the Temporal server: every operation and its history. */
  readonly database: string
  /** What runs and on which ports. */
  readonly record: string
  readonly serverLog: string
  readonly workerLog: string
  readonly supervisorLog: string
  /** Written by the worker every few seconds: a process that lives but no longer writes it is frozen. */
  readonly workerPulse: string
  /** Key that seals what commands and the worker send to the server. */
  readonly sealKey: string
  /** Link to the SSH agent of whoever started the last operation; the worker's SSH_AUTH_SOCK. */
  readonly agent: string
  /** Variables for the engine that a systemd unit runs, one `NAME=value` a line; its owner writes it. */
  readonly environment: string
}

/** `$QUORATE_HOME`, or `quorate` in the XDG state folder; empty variables count as unset, as XDG requires. */
export function engineHome(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): EngineHome {
  const named = environment.QUORATE_HOME ?? ''
  const folder = named === '' ? join(stateFolder(environment.XDG_STATE_HOME), 'quorate') : resolve(named)
  return {
    folder,
    database: join(folder, 'engine.db'),
    record: join(folder, 'engine.json'),
    serverLog: join(folder, 'server.log'),
    workerLog: join(folder, 'worker.log'),
    supervisorLog: join(folder, 'supervisor.log'),
    workerPulse: join(folder, 'worker.pulse'),
    sealKey: join(folder, 'seal.key'),
    agent: join(folder, 'agent.sock'),
    environment: join(folder, 'engine.env'),
  }
}

/** XDG: paths in its variables must be absolute; others are ignored. */
function stateFolder(named = ''): string {
  return isAbsolute(named) ? named : join(homedir(), '.local', 'state')
}

/**
 * Makes the folder, closed to others. An existing one is left as it is.
 * @throws QuorateError `ENGINE_FOLDER_UNSAFE` for a folder that others could change, or on a network filesystem.
 */
export function makeHome({ folder }: EngineHome): void {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  }
  const problem = unsafeFolder(realpathSync(folder))
  if (problem !== undefined) {
    throw new QuorateError('ENGINE_FOLDER_UNSAFE', problem.message, { hint: problem.hint })
  }
}
