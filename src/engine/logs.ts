/** The logs of the engine's processes. The processes append to them; we keep them small. */
import { copyFileSync, closeSync, openSync, readFileSync, readSync, statSync, truncateSync } from 'node:fs'

/** A log may grow to this size; one earlier part of it is kept as `.1`. */
const LIMIT_BYTES = 10 * 1024 * 1024

/**
 * Moves the content of a log that has grown too large to `.1`. Its process goes on writing to the same file, which it
 * opened for appending. What it writes during the move may be lost.
 */
export function trimLog(log: string, limitBytes = LIMIT_BYTES): void {
  if (logSize(log) <= limitBytes) return
  copyFileSync(log, `${log}.1`)
  truncateSync(log, 0)
}

/** Bytes in a log; 0 when there is none. */
export function logSize(log: string): number {
  return statSync(log, { throwIfNoEntry: false })?.size ?? 0
}

/** The last lines of a log from a position on; empty when there is none. */
export function lastLines(log: string, count: number, from = 0): string {
  try {
    return readFrom(log, from).trimEnd().split('\n').slice(-count).join('\n')
  } catch {
    return ''
  }
}

function readFrom(log: string, from: number): string {
  const size = logSize(log)
  // A log that has become shorter was started again from its beginning.
  if (from === 0 || size < from) return readFileSync(log, 'utf8')
  const file = openSync(log, 'r')
  try {
    const buffer = Buffer.alloc(size - from)
    readSync(file, buffer, 0, buffer.length, from)
    return buffer.toString('utf8')
  } finally {
    closeSync(file)
  }
}
