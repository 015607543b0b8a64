/** This machine, as opposed to others that may share a folder with it. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { QuorateError } from '../errors/index.js'
import type { EngineHome } from './home.js'
import type { EngineRecord } from './record.js'

export interface Machine {
  /** Survives restarts and renames, if the system has such an id. */
  readonly id: string
  /** For people. */
  readonly name: string
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  const name = hostname()
  try {
    const id = readFileSync('/etc/machine-id', 'utf8').trim()
    return { id: id === '' ? name : id, name }
  } catch {
    return { id: name, name }
  }
}

/**
 * Makes sure that the engine of this record does not belong to another machine, whose processes cannot be seen here.
 * @throws QuorateError `ENGINE_ELSEWHERE`
 */
export function assertHere(home: EngineHome, record: EngineRecord | undefined, here = thisMachine()): void {
  const there = record?.machine
  if (record === undefined || there === undefined || record.stopped || there.id === here.id) return
  throw new QuorateError('ENGINE_ELSEWHERE', `the engine in ${home.folder} was started on ${there.name}`, {
    hint:
      `run quorate there, or set QUORATE_HOME to a folder of its own for this machine; ` +
      `if ${there.name} is gone or has become this machine, run \`rm ${home.record}\` and try again`,
  })
}
