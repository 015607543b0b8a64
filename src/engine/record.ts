/** The engine's record on disk: what was started, where, on which ports, and whether it was stopped on purpose. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { replaceFile } from '../temporal/durable-file.js'
import { defined } from '../values/defined.js'
import type { EngineHome } from './home.js'

const processIdentity = z.object({ pid: z.number().int().positive(), startedAt: z.string() })
const unitRecord = z.object({
  scope: z.enum(['user', 'system']),
  /** The unit's file; once that is gone, the engine belongs to no unit. */
  file: z.string(),
  /** How it starts Quorate. */
  program: z.string(),
})
const engineRecord = z.object({
  /** The machine that the processes run on; records from before 0.2 have none. */
  machine: z.object({ id: z.string(), name: z.string() }).optional(),
  /** Ports on 127.0.0.1; kept across restarts, so that addresses stay valid. */
  port: z.number().int(),
  /** Ports of the server's HTTP interface, which is closed, and of its metrics. */
  httpPort: z.number().int().optional(),
  metricsPort: z.number().int().optional(),
  /** `form` tells which options it was started with (server.ts). */
  server: processIdentity.extend({ form: z.number().int().optional() }).optional(),
  worker: processIdentity.extend({ fingerprint: z.string(), address: z.string() }).optional(),
  supervisor: processIdentity.extend({ fingerprint: z.string() }).optional(),
  /** The systemd unit that the engine belongs to. Its main process is then the supervisor. */
  unit: unitRecord.optional(),
  /** Stopped by `engine stop`, so that followers of an operation do not start it again. */
  stopped: z.boolean(),
})

export type EngineRecord = z.infer<typeof engineRecord>
export type UnitRecord = z.infer<typeof unitRecord>

/** The record; undefined when the engine was never started, or the file is damaged (it is then made again). */
export function readRecord(home: EngineHome): EngineRecord | undefined {
  try {
    return engineRecord.safeParse(JSON.parse(readFileSync(home.record, 'utf8'))).data
  } catch {
    return undefined
  }
}

/** Replaces the record; readers see the old or the new one. Call only while holding the lock. */
export function writeRecord(home: EngineHome, record: EngineRecord): EngineRecord {
  replaceFile(home.record, `${JSON.stringify(record, undefined, 2)}\n`)
  return record
}

/** The record of an engine of which no process runs any more. */
export function withoutProcesses(record: EngineRecord): EngineRecord {
  const { machine, port, httpPort, metricsPort, unit, stopped } = record
  return { port, stopped, ...defined({ machine, httpPort, metricsPort, unit }) }
}
