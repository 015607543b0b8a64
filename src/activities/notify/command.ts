/** Hands an event to a command on the worker's machine. */
import { spawn } from 'node:child_process'
import { destinationTitle, type NotifiedCommand } from '../../cluster/notifications.js'
import type { NotificationEvent } from '../../operations/notifications/event.js'
import { notDelivered } from './webhook.js'

/** Milliseconds until it must have ended. */
const PATIENCE_MS = 30_000

/** The variables that it gets. The worker's others may be secrets: passwords for hosts, access keys of archives. */
const ENVIRONMENT = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR']

/**
 * Runs it with the event as JSON on its standard input. Its output is dropped. With what it has started, it is killed
 * when it takes too long.
 * @throws QuorateError `NOTIFICATION_FAILED` unless it exits with 0.
 */
export async function runCommand(
  command: NotifiedCommand,
  event: NotificationEvent,
  signal: AbortSignal,
): Promise<void> {
  const title = destinationTitle(command)
  const [file = '', ...args] = command.argv
  const limit = AbortSignal.timeout(PATIENCE_MS)
  const child = spawn(file, args, {
    cwd: '/',
    // A process group of its own, so that all of it can be killed.
    detached: true,
    env: Object.fromEntries(ENVIRONMENT.flatMap((name) => entry(name))),
    shell: false,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const kill = () => killGroup(child.pid)
  const end = AbortSignal.any([signal, limit])
  end.addEventListener('abort', kill)
  try {
    const how = new Promise<string>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) =>
        reject(notDelivered(`${title} cannot be run: ${error.code ?? 'unknown reason'}`)),
      )
      child.once('close', (code, killedBy) =>
        resolve(code === null ? `was ended by ${killedBy}` : `exited with ${code}`),
      )
    })
    // It may end without having read everything.
    child.stdin.on('error', () => undefined)
    child.stdin.end(`${JSON.stringify(event)}\n`)
    const ended = await how
    if (signal.aborted) throw signal.reason
    if (limit.aborted) throw notDelivered(`${title} took longer than ${PATIENCE_MS / 1_000} s`)
    if (ended !== 'exited with 0') throw notDelivered(`${title} ${ended}`)
  } finally {
    end.removeEventListener('abort', kill)
  }
}

function entry(name: string): readonly (readonly [string, string])[] {
  const value = process.env[name]
  return value === undefined ? [] : [[name, value]]
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
