/** Opens the stream to a server through a jump host, within the connection to that jump host. */
import type { Duplex } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import { QuorateError } from '../../errors/index.js'
import { unreachable } from './dial.js'
import { address, type SshServer } from './server.js'

/**
 * SSH_OPEN_ADMINISTRATIVELY_PROHIBITED of RFC 4254, 5.1: the jump host does not forward at all, or not to this server.
 */
const PROHIBITED = 1

/**
 * @param via name of the jump host.
 * @param signal ends the attempt with its reason.
 * @throws QuorateError `SSH_UNREACHABLE` if the jump host cannot reach the server, `SSH_JUMP_REFUSED` if it refuses to
 *   forward to it.
 */
export function forward(
  client: Client,
  via: string,
  server: SshServer,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    let settled = false
    const settle = (action: () => void) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      signal.removeEventListener('abort', abandon)
      action()
    }
    const abandon = () => settle(() => reject(signal.reason as Error))
    const expired = () =>
      settle(() => reject(unreached(server, via, `it got no answer within ${timeoutMs / 1000} s`)))
    const timer = setTimeout(expired, timeoutMs)
    signal.addEventListener('abort', abandon, { once: true })
    const opened = (error: Error | undefined, channel: ClientChannel) => {
      if (error !== undefined) settle(() => reject(refusal(server, via, error)))
      else if (settled) channel.close()
      else {
        // An error must not go without a listener before ssh2 adds its own.
        channel.on('error', () => undefined)
        settle(() => resolve(channel))
      }
    }
    try {
      client.forwardOut('127.0.0.1', 0, server.address, server.ssh.port, opened)
    } catch {
      settle(() => reject(lostJump(server, via)))
    }
  })
}

function refusal(server: SshServer, via: string, error: Error & { readonly reason?: unknown }): QuorateError {
  const said = error.message.replace(/^\(SSH\) Channel open failure: /, '')
  if (error.reason === PROHIBITED) {
    return new QuorateError(
      'SSH_JUMP_REFUSED',
      `the jump host ${via} does not forward to ${address(server)}: ${said}`,
      { host: server.name, cause: error },
    )
  }
  return error.reason === undefined ? lostJump(server, via) : unreached(server, via, said)
}

function unreached(server: SshServer, via: string, reason: string): QuorateError {
  return unreachable(
    server,
    `from the jump host ${via}: ${reason}`,
    `check that ${via} reaches the address and port; names are looked up there`,
  )
}

function lostJump(server: SshServer, via: string): QuorateError {
  return new QuorateError(
    'SSH_CONNECTION_LOST',
    `the connection to the jump host ${via} was lost on the way to ${server.name}`,
    { host: server.name },
  )
}
