/** Waits for a host that reboots: it may be away for minutes, and answers other than it will while it starts. */
import { isQuorateError, QuorateError, type ErrorCode } from '../../errors/index.js'
import { hostContext, type AwayContext, type HostContext } from '../context.js'
import { waitUntil } from '../wait.js'
import { bootIdOf } from './record.js'

/** What sshd says while a host starts or stops: its users may not log in yet (pam_nologin), or no more. */
const STARTING: readonly ErrorCode[] = [
  'SSH_AUTHENTICATION_FAILED',
  'SSH_HANDSHAKE_FAILED',
  'SSH_SESSION_REFUSED',
]

/** Milliseconds between two tries: each may be a login that fails. */
const INTERVAL_MS = 2_000

/** A host that answers, and its boot. */
export interface Booted {
  readonly context: HostContext
  readonly bootId: string
}

/**
 * Waits until the host answers.
 * @param but the boot that does not count, because it is to end.
 * @throws QuorateError `HOST_NOT_BACK`; `HOST_CHANGED` for another machine.
 */
export async function waitForBoot(away: AwayContext, timeoutMs: number, but?: string): Promise<Booted> {
  const { sessions, host, signal } = away
  let booted: Booted | undefined
  await waitUntil(
    away,
    async () => {
      try {
        const session = await sessions.session(host, signal)
        const bootId = await bootIdOf(session)
        if (bootId === but) return 'it still runs the boot that is to end'
        booted = { context: hostContext({ ...away, session }), bootId }
        return undefined
      } catch (error) {
        if (isQuorateError(error) && STARTING.includes(error.code)) return error.message
        throw error
      }
    },
    (reason) => notBack(away, `it is not back after ${inMinutes(timeoutMs)}: ${reason}`),
    { timeoutMs, intervalMs: INTERVAL_MS },
  )
  if (booted === undefined) throw notBack(away, 'it is not back')
  return booted
}

function notBack({ host }: AwayContext, message: string): QuorateError {
  return new QuorateError('HOST_NOT_BACK', message, { host: host.name, step: 'reboot' })
}

function inMinutes(milliseconds: number): string {
  return milliseconds < 60_000
    ? `${Math.round(milliseconds / 1000)} s`
    : `${Math.round(milliseconds / 60_000)} min`
}
