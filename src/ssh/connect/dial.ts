/** Opens the TCP connection below SSH and says plainly why it cannot be opened. */
import { connect, type Socket } from 'node:net'
import { QuorateError, type ErrorCode } from '../../errors/index.js'
import { address, type SshServer } from './server.js'
import { defined } from '../../values/defined.js'

/** What the codes of the operating system mean, in words. */
const REASONS: Readonly<Record<string, { readonly code: ErrorCode; readonly reason: string }>> = {
  ENOTFOUND: { code: 'SSH_NAME_NOT_RESOLVED', reason: 'the name has no address' },
  EAI_AGAIN: { code: 'SSH_NAME_NOT_RESOLVED', reason: 'the name could not be looked up' },
  EAI_FAIL: { code: 'SSH_NAME_NOT_RESOLVED', reason: 'the name could not be looked up' },
  ECONNREFUSED: { code: 'SSH_UNREACHABLE', reason: 'the connection was refused' },
  EHOSTUNREACH: { code: 'SSH_UNREACHABLE', reason: 'there is no route to the host' },
  ENETUNREACH: { code: 'SSH_UNREACHABLE', reason: 'there is no route to its network' },
  EHOSTDOWN: { code: 'SSH_UNREACHABLE', reason: 'the host is down' },
  ETIMEDOUT: { code: 'SSH_UNREACHABLE', reason: 'there was no answer' },
}

/**
 * Returns a connected socket with Nagle's algorithm turned off: ssh2 leaves it on, and it costs 40 ms per command.
 * @param signal ends the attempt.
 * @returns undefined if the connection was reset as it was made, as a server with too many connections does.
 * @throws QuorateError `SSH_NAME_NOT_RESOLVED` or `SSH_UNREACHABLE`.
 */
export function dial(server: SshServer, timeoutMs: number, signal: AbortSignal): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.address, port: server.ssh.port, noDelay: true })
    const settle = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abandon)
    }
    const fail = (error: Error) => {
      settle()
      socket.destroy()
      reject(error)
    }
    const abandon = () => fail(signal.reason as Error)
    const timer = setTimeout(
      () => fail(unreachable(server, `there was no answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    )
    signal.addEventListener('abort', abandon, { once: true })
    // Never removed: an error must not go without a listener before ssh2 adds its own.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') {
        settle()
        resolve(undefined)
      } else {
        fail(dialError(server, error))
      }
    })
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
  })
}

function dialError(server: SshServer, cause: NodeJS.ErrnoException): QuorateError {
  const { code, reason } = REASONS[cause.code ?? ''] ?? { code: 'SSH_UNREACHABLE', reason: cause.message }
  return new QuorateError(code, `cannot connect to ${address(server)}: ${reason}`, {
    host: server.name,
    cause,
  })
}

/** The error of a host that does not answer at all, or not as an SSH server. */
export function unreachable(server: SshServer, reason: string, hint?: string): QuorateError {
  return new QuorateError('SSH_UNREACHABLE', `cannot connect to ${address(server)}: ${reason}`, {
    host: server.name,
    ...defined({ hint }),
  })
}
