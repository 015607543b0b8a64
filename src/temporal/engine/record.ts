/** The engine's record on disk: what was started, on which ports, and whether it was stopped on purpose. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { EngineHome } from './home.js'

const processIdentity = z.object({ pid: z.number().int().positive(), startedAt: z.string() })
const engineRecord = z.object({
  /** Ports on 127.0.0.1; kept over restarts, so that addresses stay valid. */
  port: z.number().int(),
  uiPort: z.number().int(),
  server: processIdentity.optional(),
  worker: processIdentity.extend({ fingerprint: z.string(), address: z.string() }).optional(),
  supervisor: processIdentity.extend({ fingerprint: z.string() }).optional(),
  /** Stopped by `engine stop`, so that followers of an operation do not start it again. */
  stopped: z.boolean(),
})

export type EngineRecord = z.infer<typeof engineRecord>

/** The record; undefined when the engine was never started, or the file is damaged (it is then made anew). */
export function readRecord(home: EngineHome): EngineRecord | undefined {
  try {
    return engineRecord.safeParse(JSON.parse(readFileSync(home.record, 'utf8'))).data
  } catch {
    return undefined
  }
}

/** Replaces the record; readers see the old or the new one. Call only while holding the lock. */
export function writeRecord(home: EngineHome, record: EngineRecord): EngineRecord {
  const draft = `${home.record}.new`
  writeFileSync(draft, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(draft, home.record)
  return record
}
