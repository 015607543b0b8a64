/** Processes of the engine: started detached, known by pid and start time, ended only when they are ours. */
import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { QuorateError } from '../errors/index.js'
import { poll } from '../temporal/poll.js'
import type { Invocation } from '../temporal/installation.js'
import { trimLog } from './logs.js'

const POLL_MS = 50

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in a form that can only be compared for equality. */
  readonly startedAt: string
}

/** The identity of a running process; undefined when there is none, or only its zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = platform() === 'linux' ? linuxStartTime(pid) : posixStartTime(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

/** Whether exactly this process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt
}

/**
 * Starts a program in its own session, so that neither our exit nor Ctrl-C ends it. Its output is appended to a log
 * that only its owner can read.
 * @throws QuorateError `ENGINE_FAILED` when it cannot be started.
 */
export async function startDetached(
  { command, args }: Invocation,
  options: { readonly environment: NodeJS.ProcessEnv; readonly folder: string; readonly log: string },
): Promise<ProcessIdentity> {
  trimLog(options.log)
  const log = openSync(options.log, 'a', 0o600)
  try {
    const child = spawnPrivately(command, args, {
      cwd: options.folder,
      env: options.environment,
      detached: true,
      stdio: ['ignore', log, log],
    })
    const started = await new Promise<ProcessIdentity | undefined>((resolve, reject) => {
      child.once('error', reject)
      child.once('spawn', () => resolve(child.pid === undefined ? undefined : identify(child.pid)))
    })
    child.unref()
    if (started === undefined) throw new Error('it ended at once')
    return started
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new QuorateError('ENGINE_FAILED', `${command} cannot be started: ${reason}`, { cause })
  } finally {
    closeSync(log)
  }
}

/** Whatever the program creates is private, even in a folder that others can read. */
function spawnPrivately(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const before = process.umask(0o077)
  try {
    return spawn(command, args, options)
  } finally {
    process.umask(before)
  }
}

/** Ends a process if it is still the same one: politely, then by force after `graceMs`. */
export async function stop(identity: ProcessIdentity, graceMs: number): Promise<void> {
  for (const [signal, timeoutMs] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!isAlive(identity)) return
    try {
      process.kill(identity.pid, signal)
    } catch (error) {
      if (isAlive(identity)) throw error
    }
    const gone = await poll(() => (isAlive(identity) ? undefined : true), { everyMs: POLL_MS, timeoutMs })
    if (gone !== undefined) return
  }
  throw new QuorateError('ENGINE_FAILED', `process ${identity.pid} does not end`)
}

function linuxStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The program's name, in parentheses, may hold anything; the fields after it are state and numbers.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    if (state === 'Z' || state === 'X') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19] ?? ''}`
  } catch {
    return undefined
  }
}

/** When the process started, according to `ps`; undefined if there is no such process. */
export function posixStartTime(pid: number): string | undefined {
  try {
    const [state, ...start] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      // The same time must read the same from a terminal, from cron, and in another time zone.
      env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' },
    })
      .trim()
      .split(/\s+/)
    return state === undefined || state.startsWith('Z') ? undefined : start.join(' ')
  } catch {
    return undefined
  }
}
