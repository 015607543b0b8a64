/** Free ports on the loopback address. */
import { createServer } from 'node:net'

/** The first of the wanted ports that is free, or any free one. */
export async function freePort(...wanted: readonly (number | undefined)[]): Promise<number> {
  for (const port of wanted) {
    if (port !== undefined && (await tryListen(port)) !== undefined) return port
  }
  const port = await tryListen(0)
  if (port === undefined) throw new Error('no port is free on 127.0.0.1')
  return port
}

function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined))
    })
  })
}
