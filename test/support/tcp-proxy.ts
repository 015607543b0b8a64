/** A TCP proxy on loopback that breaks connections at chosen points: a network that fails on command. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface TcpProxy {
  readonly port: number
  /** The number of connections accepted so far. */
  readonly accepted: () => number
  /** Resets every connection now, and cancels scheduled cuts. */
  cut(): void
  /** Resets all connections after this many more bytes from the server. */
  cutAfterReceived(bytes: number): void
  /** Resets all connections after this many more bytes to the server. */
  cutAfterSent(bytes: number): void
  /** Resets the next connections as soon as they are made. */
  dropNext(connections: number): void
  /** Silently stops forwarding in both directions, like a dead peer. */
  freeze(): void
  close(): Promise<void>
}

/** Starts a proxy to a port of loopback. */
export async function startProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let accepted = 0
  let dropping = 0
  let toReceive = Infinity
  let toSend = Infinity
  let frozen = false
  const cut = () => {
    toReceive = Infinity
    toSend = Infinity
    for (const pair of pairs) pair.forEach((socket) => socket.resetAndDestroy())
    pairs.clear()
  }
  const server = createServer((client) => {
    accepted += 1
    client.on('error', () => undefined)
    if (dropping > 0) {
      dropping -= 1
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    client.setNoDelay(true)
    upstream.on('error', () => client.resetAndDestroy())
    const pair = [client, upstream] as const
    pairs.add(pair)
    client.on('data', (chunk) => {
      if (frozen) return
      upstream.write(chunk.subarray(0, toSend))
      toSend -= chunk.length
      if (toSend <= 0) upstream.end(cut)
    })
    upstream.on('data', (chunk) => {
      if (frozen) return
      client.write(chunk.subarray(0, toReceive))
      toReceive -= chunk.length
      if (toReceive <= 0) client.end(cut)
    })
    client.on('end', () => upstream.end())
    upstream.on('end', () => client.end())
    client.on('close', () => pairs.delete(pair))
  })
  return {
    port: await listen(server),
    accepted: () => accepted,
    cut,
    cutAfterReceived: (bytes) => (toReceive = bytes),
    cutAfterSent: (bytes) => (toSend = bytes),
    dropNext: (connections) => (dropping = connections),
    freeze: () => (frozen = true),
    close: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}
