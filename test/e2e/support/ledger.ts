/**
 * A writer that never stops: it creates one ConfigMap or Secret after the other through the load balancer, and keeps account of what
 * was acknowledged and what failed. Nothing that was acknowledged may be lost.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { ApiClient } from '../../support/api-client.js'
import type { Fleet } from '../../support/fleet.js'

const NAMESPACE = 'ledger'
const INTERVAL_MS = 100
// Clients of Kubernetes wait longer than this.
const TIMEOUT_MS = 15_000

/** What became of the writes. */
export interface Account {
  readonly acknowledged: number
  readonly failures: readonly string[]
  /** The longest time between two acknowledged writes, in milliseconds. */
  readonly longestGapMs: number
  /** Acknowledged entries that are not there any more. */
  readonly lost: readonly string[]
}

const KINDS = { configmaps: 'ConfigMap', secrets: 'Secret' } as const
type Resource = keyof typeof KINDS

/**
 * A leader of etcd that hands over drops what followers forward to it in these few milliseconds, and the follower answers
 * only when its own time-out of 7 s is over. Source: etcd's raft.go (ErrProposalDropped), server/config ReqTimeout.
 */
const DROPPED_BY_LEADER =
  /: status 500: .*(?:etcdserver: (?:request timed out|leader changed)|raft proposal dropped)/

/**
 * The failed writes that etcd's leadership does not explain, which may move so many times and drop one write each time;
 * empty where everything else was served.
 */
export function unexplained(failures: readonly string[], handOvers: number): readonly string[] {
  const others = failures.filter((failure) => !DROPPED_BY_LEADER.test(failure))
  return others.length === 0 && failures.length > handOvers ? failures : others
}

export class Ledger {
  readonly #fleet: Fleet
  readonly #api: ApiClient
  readonly #resource: Resource
  readonly #acknowledged: string[] = []
  readonly #failures: string[] = []
  readonly #writing: Promise<void>
  #isOver = false
  #taken = 0
  #longestGapMs = 0

  private constructor(fleet: Fleet, api: ApiClient, resource: Resource) {
    this.#fleet = fleet
    this.#resource = resource
    this.#api = api
    this.#writing = this.#write()
  }

  /** Starts to write through the balancer at this address. */
  static async start(fleet: Fleet, address: string, resource: Resource = 'configmaps'): Promise<Ledger> {
    // A fleet that was kept from an earlier run has one.
    await fleet.kubectl('delete', 'namespace', NAMESPACE, '--ignore-not-found')
    await fleet.kubectl('create', 'namespace', NAMESPACE)
    return new Ledger(fleet, await ApiClient.of(fleet, address), resource)
  }

  /** How many writes were acknowledged until now. */
  get acknowledged(): number {
    return this.#acknowledged.length
  }

  /** The writes that have failed since this was asked last. */
  takeFailures(): readonly string[] {
    return this.#failures.slice(this.#taken, (this.#taken = this.#failures.length))
  }

  /** Stops the writer and reads everything that it wrote. */
  async close(): Promise<Account> {
    this.#isOver = true
    await this.#writing
    const listed = await this.#fleet.kubectl('-n', NAMESPACE, 'get', this.#resource, '-o', 'name')
    const there = new Set(listed.split('\n').map((line) => line.replace(/^.*\//, '')))
    return {
      acknowledged: this.#acknowledged.length,
      failures: this.#failures,
      longestGapMs: this.#longestGapMs,
      lost: this.#acknowledged.filter((name) => !there.has(name)),
    }
  }

  async #write(): Promise<void> {
    let last = Date.now()
    for (let number = 1; !this.#isOver; number += 1) {
      const name = `entry-${number}`
      const body = { apiVersion: 'v1', kind: KINDS[this.#resource], metadata: { name } }
      const began = Date.now()
      try {
        const answer = await this.#api.post(
          `/api/v1/namespaces/${NAMESPACE}/${this.#resource}`,
          body,
          TIMEOUT_MS,
        )
        if (answer.status !== 201) throw new Error(`status ${answer.status}: ${answer.body.trim()}`)
        this.#acknowledged.push(name)
        this.#longestGapMs = Math.max(this.#longestGapMs, Date.now() - last)
        last = Date.now()
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        this.#failures.push(
          `${new Date(began).toISOString()} ${name}: ${reason} after ${Date.now() - began} ms`,
        )
      }
      await delay(INTERVAL_MS)
    }
  }
}
