/** Talks to systemd's manager of a user or of the machine, and to logind. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { platform, userInfo } from 'node:os'
import { QuorateError } from '../../errors/index.js'
import { UNIT, type UnitScope } from './unit-file.js'

/** Longer than the unit may take to stop (TimeoutStopSec), and to start after that. */
const TIMEOUT_MS = 120_000
const LINGER_FOLDER = '/var/lib/systemd/linger'

/** How a program ended. */
export interface Answer {
  /** Undefined when it is not there, or did not end in time. */
  readonly status: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Runs systemctl. */
export function systemctl(scope: UnitScope, ...args: readonly string[]): Promise<Answer> {
  return run('systemctl', [
    ...(scope === 'user' ? ['--user'] : []),
    '--no-pager',
    '--no-ask-password',
    ...args,
  ])
}

/**
 * Runs systemctl, which must succeed.
 * @throws QuorateError `ENGINE_UNIT_FAILED`
 */
export async function mustSystemctl(scope: UnitScope, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await systemctl(scope, ...args)
  if (status === 0) return stdout
  throw unitFailed(scope, `systemctl ${args.join(' ')} failed`, stderr.trim())
}

/** The error for a unit that does not do what it should. */
export function unitFailed(scope: UnitScope, message: string, output = ''): QuorateError {
  const user = scope === 'user' ? '--user ' : ''
  return new QuorateError('ENGINE_UNIT_FAILED', message, {
    hint: `see \`systemctl ${user}status ${UNIT}\`, \`journalctl ${user}-u ${UNIT}\` and \`quorate engine logs\``,
    ...(output === '' ? {} : { output }),
  })
}

/**
 * Makes sure that a manager answers.
 * @throws QuorateError `ENGINE_UNIT_UNSUPPORTED` that says what to do without one.
 */
export async function assertManager(scope: UnitScope): Promise<void> {
  if (platform() !== 'linux') throw noSystemd('this machine has no systemd')
  const { status, stderr } = await systemctl(scope, 'show', '--property=Version')
  if (status === 0) return
  if (status === undefined) throw noSystemd('systemctl is not here, or does not answer')
  if (/not been booted with systemd/i.test(stderr)) throw noSystemd('this machine was not started by systemd')
  if (scope === 'system')
    throw new QuorateError('ENGINE_UNIT_UNSUPPORTED', `systemd does not answer: ${stderr.trim()}`)
  const { username, uid } = userInfo()
  throw new QuorateError(
    'ENGINE_UNIT_UNSUPPORTED',
    `the systemd manager of ${username} cannot be reached: ${stderr.trim()}`,
    {
      hint: `log in as ${username} over SSH or at the console, not with sudo or su; or run \`sudo loginctl enable-linger ${username}\`, then \`export XDG_RUNTIME_DIR=/run/user/${uid}\`, and try again`,
    },
  )
}

function noSystemd(message: string): QuorateError {
  return new QuorateError('ENGINE_UNIT_UNSUPPORTED', message, {
    hint: 'have the machine run `quorate engine start` as this user when it starts, for example with the line `@reboot quorate engine start` in `crontab -e`; the engine restarts its parts by itself',
  })
}

/** Whether the user's manager runs without a login, from the start of the machine on. */
export async function lingers(username = userInfo().username): Promise<boolean> {
  const { status, stdout } = await run('loginctl', ['show-user', username, '--property=Linger', '--value'])
  // logind knows nobody who neither lingers nor is logged in; its own files are the truth then.
  return status === 0 ? stdout.trim() === 'yes' : existsSync(`${LINGER_FOLDER}/${username}`)
}

/** Asks logind to start the user's manager with the machine. It may refuse, so look with {@link lingers}. */
export async function enableLinger(username = userInfo().username): Promise<void> {
  await run('loginctl', ['--no-ask-password', 'enable-linger', username])
}

function run(program: string, args: readonly string[]): Promise<Answer> {
  const env = { ...runtimeFolder(), ...process.env, LC_ALL: 'C', SYSTEMD_COLORS: '0' }
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: TIMEOUT_MS, encoding: 'utf8' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      resolve({ status: typeof code === 'number' ? code : undefined, stdout, stderr })
    })
  })
}

/** cron and sudo set no XDG_RUNTIME_DIR, though the user's manager may be there. */
function runtimeFolder(): Readonly<Record<string, string>> {
  const folder = `/run/user/${userInfo().uid}`
  return existsSync(folder) ? { XDG_RUNTIME_DIR: folder } : {}
}
