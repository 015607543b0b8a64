/** Requests to an API server as the administrator, with nothing but the kubeconfig. */
import { request, type RequestOptions } from 'node:https'
import { parse } from 'yaml'
import type { Fleet } from './fleet.js'

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ]
  readonly users: readonly [
    { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } },
  ]
}

/** What an API server answered. */
interface Answer {
  readonly status: number
  readonly body: string
}

/** The administrator, at a fixed address under the endpoint's name. */
export class ApiClient {
  readonly #options: RequestOptions

  private constructor(kubeconfig: Kubeconfig, address: string) {
    const { cluster } = kubeconfig.clusters[0]
    const { user } = kubeconfig.users[0]
    const bytes = (data: string) => Buffer.from(data, 'base64')
    const server = new URL(cluster.server)
    this.#options = {
      host: address,
      port: server.port,
      servername: server.hostname,
      ca: bytes(cluster['certificate-authority-data']),
      cert: bytes(user['client-certificate-data']),
      key: bytes(user['client-key-data']),
      agent: false,
    }
  }

  /** Uses the kubeconfig that `quorate kubeconfig` prints. */
  static async of(fleet: Fleet, address: string): Promise<ApiClient> {
    const { stdout, exitCode, stderr } = await fleet.quorate('kubeconfig', fleet.name)
    if (exitCode !== 0) throw new Error(stderr)
    return new ApiClient(parse(stdout) as Kubeconfig, address)
  }

  /** The status of a GET over a connection of its own. */
  async get(path: string, timeoutMs: number): Promise<number> {
    return (await this.#send({ path, timeout: timeoutMs })).status
  }

  /** The answer to a POST over a connection of its own. */
  post(path: string, body: object, timeoutMs: number): Promise<Answer> {
    const headers = { 'content-type': 'application/json' }
    return this.#send({ path, timeout: timeoutMs, method: 'POST', headers }, JSON.stringify(body))
  }

  #send(options: RequestOptions, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request({ ...this.#options, ...options })
      sent.on('timeout', () => sent.destroy(new Error('timeout')))
      sent.on('error', reject)
      sent.on('response', (response) => {
        let received = ''
        response.on('data', (chunk: Buffer) => (received += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: received }))
        response.on('error', reject)
      })
      sent.end(body)
    })
  }

  /** A GET that stays open, such as a watch: it collects what arrives until it is closed here. */
  watch(path: string): Watch {
    const watch: Watch = { received: '', ended: undefined, close: () => get.destroy() }
    const get = request({ ...this.#options, path })
    get.on('error', (error) => (watch.ended ??= error.message))
    get.on('response', (response) => {
      response.on('data', (chunk: Buffer) => (watch.received += chunk.toString()))
      response.on('close', () => (watch.ended ??= 'closed'))
      response.on('error', (error) => (watch.ended ??= error.message))
    })
    get.end()
    return watch
  }
}

/** A connection that stays open. */
export interface Watch {
  received: string
  /** Why it is no longer open. */
  ended: string | undefined
  readonly close: () => void
}
