/** Errors for commands whose outcome is unknown or that never began. */
import type { Host } from '../../cluster/model.js'
import { QuorateError, type ErrorContext } from '../../errors/index.js'
import type { ExecutionEnd } from './execute.js'
import type { CommandFrame } from './frame.js'
import { inMiB, OUTPUT_LIMITS } from './output-limits.js'
import { SUDO_PROMPT } from './sudo-dialogue.js'
import { sudoRefusal } from './sudo-refusal.js'
import { defined } from '../../values/defined.js'

/** A command that gave no outcome. */
export interface Attempt {
  readonly host: Host
  readonly frame: CommandFrame
  readonly throughSudo: boolean
  readonly timeoutMs: number
}

/** How many characters of output a message quotes; the error's `output` has more. */
const QUOTED = 300

/** The error to report: what happened, whether to try again, and what to do. */
export function withoutOutcome(
  end: Exclude<ExecutionEnd, { kind: 'exited' }>,
  attempt: Attempt,
): QuorateError {
  const { host } = attempt
  switch (end.kind) {
    case 'lost': {
      const also = end.jumpHost === undefined ? '' : `, with that to its jump host ${end.jumpHost},`
      const message = `the connection to ${host.name} was lost${also} while a command ran`
      return new QuorateError('SSH_CONNECTION_LOST', message, { host: host.name })
    }
    case 'killed':
      return cutOff(attempt)
    case 'timeout':
      return timedOut(attempt)
    case 'too-large':
      return new QuorateError(
        'OUTPUT_TOO_LARGE',
        `a command on ${host.name} wrote more than ${inMiB(OUTPUT_LIMITS[end.stream])} to its ${end.stream}, so Quorate stopped reading it`,
        { host: host.name },
      )
    case 'not-run':
      return notRun(end.exitCode, attempt)
    case 'refused':
      return sessionRefused(`${host.name} refuses to run a command: ${end.reason}`, host, {
        hint: 'check MaxSessions and ForceCommand in the sshd_config of the host, and its log',
      })
  }
}

function cutOff({ host, frame, throughSudo }: Attempt): QuorateError {
  if (!frame.hasLostEnd) {
    const message = `a command on ${host.name} was cut off: its shell was killed, as happens when a host shuts down or runs out of memory`
    return new QuorateError('SSH_CONNECTION_LOST', message, { host: host.name })
  }
  const { user } = host.ssh
  const hint = throughSudo
    ? `turn off sudo's log of output, which loses the end of long output, for this user: put \`Defaults:${user} !log_output\` into a file of /etc/sudoers.d (\`visudo -f /etc/sudoers.d/quorate\`)`
    : `check ForceCommand and the login shell of ${user}: what a command writes must arrive whole`
  const message = `the end of the output of a command on ${host.name} was lost, though the command ended`
  return new QuorateError('SSH_CONNECTION_LOST', message, { host: host.name, hint })
}

function timedOut({ host, frame, throughSudo, timeoutMs }: Attempt): QuorateError {
  const { name } = host
  const limit = `${timeoutMs / 1000} s`
  if (frame.hasBegun) return timeout(`a command on ${name} did not end within ${limit}`, host)
  const within = Number.isFinite(timeoutMs) ? `within ${limit}` : 'in time'
  if (frame.shellRan && throughSudo) {
    // A question that nobody answers. A lecture comes before the prompt, and then silence may be load.
    const said = frame.sudoSaid.split(SUDO_PROMPT).at(-1)?.trim() ?? ''
    const message = `sudo on ${name} started no command ${within}`
    if (said === '') return timeout(message, host)
    const { hint } = sudoRefusal(said, host.ssh.user)
    return new QuorateError('SUDO_DENIED', `${message}, and said: ${quoted(said)}`, {
      host: name,
      hint:
        hint ??
        'try `sudo -k true` on the host: it must ask for nothing but the password, or for nothing at all',
      output: said,
    })
  }
  const said = frame.shellSaid
  // Text followed by silence means a menu or the like; silence alone may be load.
  if (said !== '') return sessionRefused(runsNothing(host, quoted(said)), host, { output: said })
  return timeout(`a command on ${name} did not start ${within}`, host)
}

function notRun(exitCode: number, { host, frame, throughSudo }: Attempt): QuorateError {
  if (frame.isMangled) {
    return sessionRefused(
      `${host.name} changes what commands write: standard output and error are mixed, dropped, or pass through a terminal`,
      host,
      {
        hint: `check ForceCommand and the login shell of ${host.ssh.user}: both streams of a command must stay apart and unchanged`,
      },
    )
  }
  if (frame.hasLostInput) {
    return sessionRefused(
      `${host.name} takes away the input of commands: something that runs before them reads it, or it is closed`,
      host,
      {
        hint: `look for \`read\`, \`cat\` or \`</dev/null\` in the start-up files of ${host.ssh.user} (such as ~/.bashrc) and of all users, and in ForceCommand; let only interactive shells ask questions`,
      },
    )
  }
  if (throughSudo && frame.shellRan) {
    const output = frame.sudoSaid
    const { reason, hint } = sudoRefusal(output, host.ssh.user)
    return new QuorateError('SUDO_DENIED', `${host.ssh.user} may not use sudo on ${host.name}: ${reason}`, {
      host: host.name,
      ...defined({ hint }),
      ...(output === '' || output === reason ? {} : { output }),
    })
  }
  const output = frame.shellSaid
  const nothing = `its login shell or ForceCommand ended with exit status ${exitCode} and said nothing`
  return sessionRefused(runsNothing(host, output === '' ? nothing : quoted(output)), host, {
    ...(output === '' ? {} : { output }),
  })
}

function runsNothing({ name, ssh }: Host, why: string): string {
  return `${name} runs no commands for ${ssh.user}: ${why}`
}

function sessionRefused(message: string, host: Host, context: ErrorContext): QuorateError {
  return new QuorateError('SSH_SESSION_REFUSED', message, { host: host.name, ...context })
}

function timeout(message: string, host: Host): QuorateError {
  return new QuorateError('SSH_TIMEOUT', message, { host: host.name })
}

/** The text on one line; only its end if it is too long. */
function quoted(said: string): string {
  const line = said.replaceAll('\n', ' ')
  return line.length <= QUOTED ? line : `… ${line.slice(-QUOTED)}`
}
