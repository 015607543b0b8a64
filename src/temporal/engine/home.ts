/** The engine's folder: where its database, record and logs lie. Only its owner may read it. */
import { chmodSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

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
  /** Key that seals what commands and worker give to the server. */
  readonly sealKey: string
  /** Link to the SSH agent of who started the last operation; the worker's SSH_AUTH_SOCK. */
  readonly agent: string
}

/** `$QUORATE_HOME`, or `quorate` in the XDG state folder. */
export function engineHome(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): EngineHome {
  const state = environment.XDG_STATE_HOME ?? join(homedir(), '.local', 'state')
  const folder = environment.QUORATE_HOME ?? join(state, 'quorate')
  return {
    folder,
    database: join(folder, 'engine.db'),
    record: join(folder, 'engine.json'),
    serverLog: join(folder, 'server.log'),
    workerLog: join(folder, 'worker.log'),
    supervisorLog: join(folder, 'supervisor.log'),
    sealKey: join(folder, 'seal.key'),
    agent: join(folder, 'agent.sock'),
  }
}

/** Makes the folder, closed to others. */
export function makeHome(home: EngineHome): void {
  mkdirSync(home.folder, { recursive: true, mode: 0o700 })
  chmodSync(home.folder, 0o700)
}
