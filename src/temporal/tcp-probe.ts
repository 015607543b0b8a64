/** A quick check whether anything listens at an address: the SDK takes 10 s to say less. */
import { connect } from 'node:net'
import { QuorateError } from '../errors/index.js'

const TIMEOUT_MS = 2_000

/**
 * Opens and closes a TCP connection to `host:port`.
 * @throws QuorateError `TEMPORAL_UNREACHABLE` with the reason.
 */
export async function assertReachable(address: string, timeoutMs = TIMEOUT_MS): Promise<void> {
  const reason = await tryConnect(address, timeoutMs)
  if (reason !== undefined) {
    throw new QuorateError('TEMPORAL_UNREACHABLE', `no Temporal server answers at ${address}: ${reason}`)
  }
}

/** Why nothing answers at `host:port`; undefined when something does. */
export function tryConnect(address: string, timeoutMs = TIMEOUT_MS): Promise<string | undefined> {
  const separator = address.lastIndexOf(':')
  const host = address.slice(0, separator).replace(/^\[(.*)\]$/, '$1')
  const port = Number(address.slice(separator + 1))
  if (separator < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    return Promise.resolve('the address is not host:port')
  }
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (reason: string | undefined): void => {
      socket.destroy()
      resolve(reason)
    }
    socket.setTimeout(timeoutMs, () => end(`no answer within ${timeoutMs / 1000} s`))
    socket.once('connect', () => end(undefined))
    socket.once('error', (error: NodeJS.ErrnoException) => end(REASONS[error.code ?? ''] ?? error.message))
  })
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'no answer',
}
