/** Opens a stream to a server through an SSH connection: the host at its other end connects to the server. */
import type { Duplex } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import { QuorateError } from '../../errors/index.js'
import type { Endpoint } from '../../cluster/model.js'
import { unreachable } from './dial.js'
import { address, type SshServer } from './server.js'

/** Reasons of RFC 4254, 5.1: the host does not forward at all, or not to this server; or it does not know how. */
const PROHIBITED = 1
const UNKNOWN_CHANNEL_TYPE = 3

/** Why a stream was not opened. */
type ForwardFailure =
  /** The host does not reach the server, or not in time. */
  | { readonly kind: 'unreached'; readonly reason: string }
  /** The host does not forward. */
  | { readonly kind: 'prohibited'; readonly reason: string; readonly cause: Error }
  /** The SSH connection is lost. */
  | { readonly kind: 'lost' }

/** A stream, or why there is none. */
export type Forwarding = { readonly kind: 'open'; readonly stream: Duplex } | ForwardFailure

/**
 * Asks the host at the other end for a stream to an endpoint.
 * @param signal ends the attempt with its reason.
 */
export function openForward(
  client: Client,
  endpoint: Endpoint,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Forwarding> {
  return new Promise((resolve, reject) => {
    let settled = false
    const settle = (action: () => void) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', abandon)
      action()
    }
    const end = (forwarding: Forwarding) => settle(() => resolve(forwarding))
    const abandon = () => settle(() => reject(signal?.reason as Error))
    const expired = () => end({ kind: 'unreached', reason: `it got no answer within ${timeoutMs / 1000} s` })
    const timer = setTimeout(expired, timeoutMs)
    signal?.addEventListener('abort', abandon, { once: true })
    const opened = (error: Error | undefined, channel: ClientChannel) => {
      if (error !== undefined) end(failure(error))
      else if (settled) channel.close()
      else {
        // An error must not go without a listener before the stream has another.
        channel.on('error', () => undefined)
        end({ kind: 'open', stream: channel })
      }
    }
    try {
      client.forwardOut('127.0.0.1', 0, endpoint.host, endpoint.port, opened)
    } catch {
      end({ kind: 'lost' })
    }
  })
}

function failure(error: Error & { readonly reason?: unknown }): ForwardFailure {
  const reason = error.message.replace(/^\(SSH\) Channel open failure: /, '')
  if (error.reason === undefined) return { kind: 'lost' }
  const isProhibited = error.reason === PROHIBITED || error.reason === UNKNOWN_CHANNEL_TYPE
  return isProhibited ? { kind: 'prohibited', reason, cause: error } : { kind: 'unreached', reason }
}

/**
 * Opens the stream to the SSH server of a host through its jump host.
 * @param via name of the jump host.
 * @param signal ends the attempt with its reason.
 * @throws QuorateError `SSH_UNREACHABLE` if the jump host cannot reach the server, `SSH_JUMP_REFUSED` if it refuses to
 *   forward to it, `SSH_CONNECTION_LOST`.
 */
export async function forward(
  client: Client,
  via: string,
  server: SshServer,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const endpoint = { host: server.address, port: server.ssh.port }
  const forwarding = await openForward(client, endpoint, timeoutMs, signal)
  switch (forwarding.kind) {
    case 'open':
      return forwarding.stream
    case 'prohibited':
      throw new QuorateError(
        'SSH_JUMP_REFUSED',
        `the jump host ${via} does not forward to ${address(server)}: ${forwarding.reason}`,
        { host: server.name, cause: forwarding.cause },
      )
    case 'unreached':
      throw unreachable(
        server,
        `from the jump host ${via}: ${forwarding.reason}`,
        `check that ${via} reaches the address and port; names are looked up there`,
      )
    case 'lost':
      throw new QuorateError(
        'SSH_CONNECTION_LOST',
        `the connection to the jump host ${via} was lost on the way to ${server.name}`,
        { host: server.name },
      )
  }
}
