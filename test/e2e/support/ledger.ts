/** A writer that never stops: it counts up in a ConfigMap through the load balancer, and knows what was acknowledged. */
import { request, type RequestOptions } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'yaml'
import type { Fleet } from '../../support/fleet.js'

const PATH = '/api/v1/namespaces/default/configmaps'
const NAME = 'ledger'
const INTERVAL_MS = 200
const TIMEOUT_MS = 5_000

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ]
  readonly users: readonly [
    { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } },
  ]
}

export class Ledger {
  /** The last number whose write was acknowledged. */
  acknowledged = 0
  /** Writes that were not acknowledged, with their numbers and reasons. */
  readonly failures: string[] = []
  readonly #options: RequestOptions
  readonly #end = new AbortController()
  #writing: Promise<void> = Promise.resolve()

  /** Starts to write through the balancer at this address. */
  static async start(fleet: Fleet, address: string): Promise<Ledger> {
    const { stdout, exitCode, stderr } = await fleet.quorate('kubeconfig', fleet.name)
    if (exitCode !== 0) throw new Error(stderr)
    const ledger = new Ledger(parse(stdout) as Kubeconfig, address)
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME }, data: { number: '0' } }
    await ledger.#send('POST', PATH, object)
    ledger.#writing = ledger.#write()
    return ledger
  }

  private constructor({ clusters, users }: Kubeconfig, address: string) {
    const { cluster } = clusters[0]
    const { user } = users[0]
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
      timeout: TIMEOUT_MS,
    }
  }

  /** Takes the failures so far away, and gives them. */
  takeFailures(): readonly string[] {
    return this.failures.splice(0)
  }

  /** The number that the cluster has. */
  async stored(): Promise<number> {
    const { data } = JSON.parse(await this.#send('GET', `${PATH}/${NAME}`)) as {
      data: { number: string }
    }
    return Number(data.number)
  }

  async stop(): Promise<void> {
    this.#end.abort()
    await this.#writing
  }

  async #write(): Promise<void> {
    for (let number = 1; !this.#end.signal.aborted; number += 1) {
      try {
        await this.#send('PATCH', `${PATH}/${NAME}`, { data: { number: String(number) } })
        this.acknowledged = number
      } catch (error) {
        this.failures.push(`${number}: ${error instanceof Error ? error.message : String(error)}`)
      }
      await delay(INTERVAL_MS)
    }
  }

  #send(method: string, path: string, body?: object): Promise<string> {
    return new Promise((resolve, reject) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
      const sent = request({ ...this.#options, method, path, headers: { 'content-type': type } })
      sent.on('timeout', () => sent.destroy(new Error('timeout')))
      sent.on('error', reject)
      sent.on('response', (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('error', reject)
        response.on('end', () =>
          (response.statusCode ?? 500) < 300
            ? resolve(text)
            : reject(new Error(`HTTP ${response.statusCode}`)),
        )
      })
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }
}
