/**
 * Only one command at a time starts or stops the engine. The lock is a series of numbered files. Once the holder of the
 * highest number has released it or is dead, whoever creates the next number holds the lock. Exactly one process can
 * create a number (O_EXCL), and the highest file is never removed. So a dead holder's lock can be taken over without a
 * race; age and clocks play no part.
 */
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { QuorateError } from '../errors/index.js'
import { poll } from '../temporal/poll.js'
import { identify, isAlive, type ProcessIdentity } from './process.js'

const PREFIX = 'lock.'
const POLL_MS = 50
/** Longer than a cold start of server and worker on a busy machine. */
const TIMEOUT_MS = 120_000

/**
 * Runs `act` while holding the lock of the folder.
 * @throws QuorateError `ENGINE_FAILED` when another living process keeps it for two minutes.
 */
export async function withLock<Result>(folder: string, act: () => Promise<Result>): Promise<Result> {
  const number = await poll(() => tryAcquire(folder), { everyMs: POLL_MS, timeoutMs: TIMEOUT_MS })
  if (number === undefined) {
    const pid = readHolder(folder, highest(folder))?.pid ?? 0
    throw new QuorateError('ENGINE_FAILED', `another quorate process (${pid}) is busy with the engine`)
  }
  try {
    return await act()
  } finally {
    release(folder, number)
  }
}

function tryAcquire(folder: string): number | undefined {
  const last = highest(folder)
  const holder = readHolder(folder, last)
  if (holder !== undefined && isAlive(holder)) return undefined
  const number = last + 1
  if (!create(folder, number)) return undefined
  // Others may have used and removed this number between our look and our file. Then a higher one exists.
  if (highest(folder) > number) {
    rmSync(path(folder, number), { force: true })
    return undefined
  }
  for (const older of numbers(folder)) if (older < number) rmSync(path(folder, older), { force: true })
  return number
}

/** Creates the file with its content in one step, so that nobody ever reads half of it. */
function create(folder: string, number: number): boolean {
  const draft = join(folder, `draft.${process.pid}`)
  writeFileSync(draft, JSON.stringify(identify(process.pid)), { mode: 0o600 })
  try {
    linkSync(draft, path(folder, number))
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function release(folder: string, number: number): void {
  const draft = join(folder, `draft.${process.pid}`)
  writeFileSync(draft, 'released', { mode: 0o600 })
  renameSync(draft, path(folder, number))
}

function readHolder(folder: string, number: number): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path(folder, number), 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}

function highest(folder: string): number {
  return Math.max(0, ...numbers(folder))
}

function numbers(folder: string): number[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => Number(name.slice(PREFIX.length)))
    .filter(Number.isInteger)
}

function path(folder: string, number: number): string {
  return join(folder, `${PREFIX}${number}`)
}
