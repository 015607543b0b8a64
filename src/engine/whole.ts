/** Whether the engine that runs is what a command needs. */
import { tryConnect } from '../temporal/tcp-probe.js'
import { codeFingerprint } from '../temporal/installation.js'
import { isAlive } from './process.js'
import type { EngineRecord } from './record.js'
import { loopback, SERVER_FORM } from './server.js'

/**
 * What a command hands over to the worker. A command that only looks hands over nothing. A command that works through
 * the worker hands over its code and its SSH agent. It always hands over the agent if the caller decides on a run
 * (apply, resume), otherwise only if no open operation may need the present agent (plan, preflight, engine start).
 */
export type HandOver = 'nothing' | 'code and idle agent' | 'code and agent'

/** Whether all parts run, and are of this release unless the command hands over nothing. */
export async function isWhole(record: EngineRecord, handOver: HandOver): Promise<boolean> {
  const { server, worker, supervisor, port } = record
  if (supervisor === undefined || !isAlive(supervisor)) return false
  if (server === undefined || !isAlive(server)) return false
  if (worker === undefined || !isAlive(worker)) return false
  if (isOutdated(record, handOver)) return false
  return (await tryConnect(loopback(port))) === undefined
}

/** Whether a part that runs is of another release, to a command that hands over its code. */
export function isOutdated({ server, worker }: EngineRecord, handOver: HandOver): boolean {
  if (handOver === 'nothing') return false
  const isOldServer = server !== undefined && isAlive(server) && server.form !== SERVER_FORM
  return isOldServer || (worker !== undefined && isAlive(worker) && worker.fingerprint !== codeFingerprint())
}
