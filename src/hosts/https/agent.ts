/** TLS connections to servers, each over a stream from a host. */
import { Agent, type RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { HostStream, Session } from '../../ssh/index.js'

/** With what a server is verified, and by what it knows us. */
export interface TlsIdentity {
  /** PEM of the certificate authority; undefined: whatever answers is believed. */
  readonly ca: string | undefined
  readonly certificate?: string
  readonly key?: string
}

export type HostRequestOptions = RequestOptions & {
  /** The host from which the server is asked. */
  readonly via: Session
}

/** Milliseconds for which an unused connection is kept: less than Go's servers keep one. */
const IDLE_MS = 30_000

/** The stream below each connection. */
const streams = new WeakMap<object, HostStream>()

/** Hands out a connection only once its server is verified. */
export class HostAgent extends Agent {
  constructor({ ca, certificate, key }: TlsIdentity) {
    super({
      ...{ keepAlive: true, timeout: IDLE_MS },
      ...(ca === undefined ? { rejectUnauthorized: false } : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(key === undefined ? {} : { key }),
    })
  }

  override createConnection(
    options: HostRequestOptions,
    done: (error: Error | null, connection?: Duplex) => void,
  ): undefined {
    const { via, host, port } = options
    const open = async () => {
      const opening = await via.connect({ host: host ?? '', port: Number(port) })
      if ('unreached' in opening) throw new Error(opening.unreached)
      return secure(opening.stream, options as ConnectionOptions)
    }
    open().then(
      (connection) => {
        done(null, connection)
      },
      (error: unknown) => {
        done(error as Error)
      },
    )
  }

  override keepSocketAlive(connection: Duplex): boolean {
    // The types say that it returns nothing.
    const mayBeKept = super.keepSocketAlive(connection) as unknown as boolean
    return mayBeKept && streams.get(connection)?.mayIdle === true
  }
}

/** The error that broke the stream below a connection, if it was that. */
export function brokenBelow(connection: object | null): Error | undefined {
  return (connection && streams.get(connection)?.errored) ?? undefined
}

/** Speaks TLS over a stream; resolves when the server is verified. */
function secure(stream: HostStream, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const connection = connect({ ...options, socket: stream })
    streams.set(connection, stream)
    // Also called later, when it changes nothing; an error must never go without a listener.
    const failed = (error: Error) => {
      stream.destroy()
      reject(stream.errored ?? error)
    }
    connection.on('error', failed)
    connection.once('close', () => failed(new Error('it closed the connection')))
    connection.once('secureConnect', () => resolve(connection))
  })
}
