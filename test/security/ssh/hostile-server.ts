/** Hostile SSH servers, whose behaviour each test defines. */
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import ssh2, { type Connection, type ServerChannel } from 'ssh2'
import type { Host } from '../../../src/cluster/model.js'
import type { HostSsh } from '../../../src/cluster/ssh-login.js'
import { fingerprint } from '../../../src/ssh/connect/known-hosts.js'
import { testHost } from '../../support/sshd.js'

export interface HostileServer {
  readonly port: number
  /** The server by name, with its key pinned if it has one, so that host key checks never cause the failure. */
  host(ssh?: Partial<HostSsh>): Host
  stop(): void
}

/** @param act what is done with each connection, from its first byte. */
export async function rawServer(act: (socket: Socket) => void): Promise<HostileServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    act(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    host: (ssh = {}) => testHost({ port, knownHostsFile: '/dev/null', ...LOGIN, ...ssh }, 'evil'),
    stop: () => {
      server.close()
      sockets.forEach((socket) => socket.destroy())
    },
  }
}

/** A password to log in with. */
const LOGIN = { user: 'ops', password: { env: 'QUORATE_TEST_PASSWORD' } } as const

/** @param act what is done with each connection, before the key exchange. */
export async function sshServer(act: (client: Connection, socket: Socket) => void): Promise<HostileServer> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const parsed = [ssh2.utils.parseKey(key)].flat()[0]
  if (parsed === undefined || parsed instanceof Error) throw new Error('no key')
  const hostKeyFingerprint = fingerprint(parsed.getPublicSSH())
  const clients = new Set<Connection>()
  const server = await rawServer((socket) => {
    const inner = new ssh2.Server({ hostKeys: [key] }, (client) => {
      clients.add(client)
      client.on('error', () => undefined)
      act(client, socket)
    })
    inner.injectSocket(socket)
  })
  return {
    ...server,
    host: (ssh = {}) => server.host({ hostKeyFingerprint, ...ssh }),
    stop: () => {
      server.stop()
      clients.clear()
    },
  }
}

/** Admits everybody, and runs `act` instead of every command. */
export function shellServer(act: (channel: ServerChannel, line: string) => void): Promise<HostileServer> {
  return sshServer((client) => {
    client.on('authentication', (context) => context.accept())
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, { command }) => {
        const channel = acceptExec()
        channel.on('error', () => undefined)
        act(channel, command)
      })
    })
  })
}

/** An SSH packet without encryption. */
export function packet(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + 8
  const head = Buffer.alloc(5)
  head.writeUInt32BE(payload.length + padding + 1)
  head.writeUInt8(padding, 4)
  return Buffer.concat([head, payload, Buffer.alloc(padding)])
}
