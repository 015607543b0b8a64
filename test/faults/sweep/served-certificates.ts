/** The certificates that components of a scripted host show: those on its disk, as they read them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Socket } from 'node:net'
import { createServer, type Server, type TlsOptions } from 'node:tls'
import type { ScriptedHost } from './scripted-host.js'

/** Where a host has its certificates. */
const PKI = 'etc/kubernetes/pki'

/** How often an API server looks at its files. The real one does so once a minute, which no run has to wait for. */
const LOOKS_EVERY_MS = 1_000

/** The ports of etcd, and the certificate that each shows. */
const ETCD_PORTS = { 2379: 'etcd/server', 2380: 'etcd/peer' } as const

/** What etcd shows when it is asked for a connection. */
export class EtcdPorts {
  readonly #servers: readonly Server[]

  /** @param runs whether the member of the host runs at the moment. */
  constructor(host: ScriptedHost, runs: () => boolean) {
    this.#servers = Object.entries(ETCD_PORTS).map(([port, name]) => {
      const server = createServer()
      showing(server, () => pairOn(host, name))
      server.on('connection', (socket: Socket) => {
        if (!runs()) socket.destroy()
      })
      return server.listen(Number(port), host.address)
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

/** An API server keeps what it has read until it looks again. */
export function showingAsApiServers(server: Server, host: () => ScriptedHost | undefined, ca: string): void {
  const read = new Map<string, { readonly pair: TlsOptions | undefined; readonly at: number }>()
  showing(server, () => {
    const own = host()
    if (own === undefined) return undefined
    const known = read.get(own.name)
    if (known !== undefined && Date.now() - known.at < LOOKS_EVERY_MS) return known.pair
    const found = pairOn(own, 'apiserver')
    const pair = found && { ...found, ca }
    read.set(own.name, { pair, at: Date.now() })
    return pair
  })
}

/** Connections see the pair of the moment in which they begin; without one, what the server has shown before. */
function showing(server: Server, pair: () => TlsOptions | undefined): void {
  // Before the server's own listener, which begins the handshake.
  server.prependListener('connection', () => {
    const found = pair()
    if (found !== undefined) server.setSecureContext(found)
  })
  server.on('tlsClientError', () => undefined)
}

function pairOn({ changes }: ScriptedHost, name: string): TlsOptions | undefined {
  const [cert, key] = ['crt', 'key'].map((suffix) => join(changes, PKI, `${name}.${suffix}`)) as [
    string,
    string,
  ]
  return existsSync(cert) && existsSync(key)
    ? { cert: readFileSync(cert), key: readFileSync(key) }
    : undefined
}
