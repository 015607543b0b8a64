/**
 * The API servers and etcd members of a lane's scripted hosts, and the balancer in front of them: in this process, at the
 * hosts' own addresses. Each listens as long as the model says that it runs.
 */
import { existsSync, readdirSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs'
import { once } from 'node:events'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { apiServer, type ApiIdentity, type Asked } from '../../support/api-server.js'
import { ModelApi } from './model-api.js'
import type { ScriptedHost } from './scripted-host.js'
import { EtcdPorts, showingAsApiServers } from './served-certificates.js'

const PORT = 6443

interface Listening {
  readonly server: Server
  readonly sockets: Set<Socket>
}

export class ApiServers {
  readonly #identity: ApiIdentity
  readonly #model: string
  /** By name. */
  readonly #hosts: ReadonlyMap<string, ScriptedHost>
  readonly #etcd = new Map<string, EtcdPorts>()
  readonly #listening = new Map<string, Listening>()
  #watchers: readonly FSWatcher[] = []
  /** Changes are followed one after another. */
  #turn: Promise<void> = Promise.resolve()

  constructor(identity: ApiIdentity, model: string, hosts: readonly ScriptedHost[]) {
    this.#identity = identity
    this.#model = model
    this.#hosts = new Map(hosts.map((host) => [host.name, host]))
  }

  /** Follows the model, which has just been made. Once this resolves, what runs in it listens. */
  async open(): Promise<void> {
    this.#watchers = ['apiservers', 'balancers'].map((folder) =>
      watch(join(this.#model, folder), () => {
        this.#turn = this.#turn.then(() => this.#follow())
      }),
    )
    this.#turn = this.#turn.then(() => this.#follow())
    await this.#turn
  }

  /** Nothing listens any more when this resolves. */
  async close(): Promise<void> {
    for (const watcher of this.#watchers) watcher.close()
    this.#watchers = []
    await this.#turn
    await Promise.all([...this.#listening.keys()].map((host) => this.#stop(host)))
    await Promise.all([...this.#etcd.values()].map((ports) => ports.close()))
    this.#etcd.clear()
  }

  async #follow(): Promise<void> {
    const running = new Set(['apiservers', 'balancers'].flatMap((folder) => this.#names(folder)))
    for (const host of this.#listening.keys()) if (!running.has(host)) await this.#stop(host)
    for (const host of running) if (!this.#listening.has(host)) await this.#start(host)
    this.#startEtcd()
  }

  /** A member starts before the API server beside it. */
  #startEtcd(): void {
    for (const [name, host] of this.#hosts) {
      const runs = () => existsSync(join(this.#model, 'etcd', name, 'started'))
      if (runs() && !this.#etcd.has(name)) this.#etcd.set(name, new EtcdPorts(host, runs))
    }
  }

  async #start(host: string): Promise<void> {
    const server = apiServer(this.#identity, (asked) => this.#answer(host, asked))
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => sockets.delete(socket))
      if (this.#behind(host) === undefined) socket.destroy()
    })
    const { authority } = this.#identity
    showingAsApiServers(server, () => this.#hosts.get(this.#behind(host) ?? ''), authority)
    this.#listening.set(host, { server, sockets })
    server.listen(PORT, this.#hosts.get(host)?.address)
    await once(server, 'listening')
    writeFileSync(this.#sign(host), '')
  }

  async #stop(host: string): Promise<void> {
    const { server, sockets } = this.#listening.get(host) ?? {}
    this.#listening.delete(host)
    rmSync(this.#sign(host), { force: true })
    for (const socket of sockets ?? []) socket.destroy()
    await new Promise((resolve) => server?.close(resolve))
  }

  /** The stand-in that starts a server waits for this file. */
  #sign(host: string): string {
    return join(this.#model, 'listening', host)
  }

  #answer(host: string, asked: Asked) {
    const behind = this.#behind(host)
    return behind === undefined ? 'cut' : new ModelApi(this.#model, behind).answer(asked)
  }

  /** The host whose API server answers at an address; the balancer's is that of the first that runs. */
  #behind(host: string): string | undefined {
    const running = this.#names('apiservers')
    return existsSync(join(this.#model, 'balancers', host)) ? running[0] : running.find((one) => one === host)
  }

  #names(folder: string): readonly string[] {
    const path = join(this.#model, folder)
    return existsSync(path) ? readdirSync(path).sort() : []
  }
}

/** The ports on which controller manager and scheduler report their health on the loopback, which all hosts share. */
const HEALTH_PORTS = [10257, 10259]

/** Controller managers and schedulers of all hosts: healthy. */
export async function startComponents(identity: ApiIdentity): Promise<{ close(): Promise<void> }> {
  const servers = HEALTH_PORTS.map((port) =>
    apiServer(identity, () => ({ body: 'ok' })).listen(port, '127.0.0.1'),
  )
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const close = async (server: Server) => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return {
    close: async () => {
      await Promise.all(servers.map(close))
    },
  }
}
