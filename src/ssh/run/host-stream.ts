/** A stream of bytes to a server that a host reaches, whichever way it takes through the SSH connection. */
import { Duplex } from 'node:stream'

/** What carries the stream's bytes. */
export interface StreamCarrier {
  /** Sends bytes towards the server; calls back when more may be sent. */
  readonly write: (chunk: Buffer, sent: (error?: Error | null) => void) => void
  /** More may arrive: the reader has made room. */
  readonly resume: () => void
  /** No more bytes will be read or written. */
  readonly close: () => void
}

/** It ends as a whole: once either side has closed it, it carries nothing more in either direction. */
export class HostStream extends Duplex {
  /**
   * Whether it may stay open while nothing is sent. A stream that takes up one of the host's few sessions may not.
   */
  readonly mayIdle: boolean
  readonly #carrier: StreamCarrier

  constructor(carrier: StreamCarrier, mayIdle: boolean) {
    super({ allowHalfOpen: false, emitClose: true })
    this.#carrier = carrier
    this.mayIdle = mayIdle
    // The stream may break while nobody uses it; whoever uses it next sees that it is destroyed.
    this.on('error', () => undefined)
  }

  override _write(chunk: Buffer, _encoding: string, sent: (error?: Error | null) => void): void {
    this.#carrier.write(chunk, sent)
  }

  override _read(): void {
    this.#carrier.resume()
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.#carrier.close()
    destroyed(error)
  }
}

/** A stream over another one, such as a forwarded channel. `broken` says why it ended early, if it did. */
export function streamOver(channel: Duplex, broken: () => Error | undefined): HostStream {
  const carrier: StreamCarrier = {
    write: (chunk, sent) => void channel.write(chunk, sent),
    resume: () => channel.resume(),
    close: () => channel.destroy(),
  }
  const stream = new HostStream(carrier, true)
  channel.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) channel.pause()
  })
  channel.once('end', () => stream.push(null))
  channel.once('close', () => stream.destroy(broken()))
  return stream
}
