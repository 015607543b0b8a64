/** One connection per host, made on first use, shared by everybody, replaced when lost and closed when idle. */
import type { Host } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import { Connection } from './connection.js'
import { address } from './dial.js'
import { Gate } from './gate.js'
import { handshake, type HandshakeLimits } from './handshake.js'
import { SshSession } from './ssh-session.js'
import type { Session, SessionPool } from './session.js'

/** Limits of the pool's connections; all times in milliseconds. */
export interface SessionPoolOptions {
  /** Path of ssh-agent's socket; `SSH_AUTH_SOCK` unless given. Empty: no agent. */
  readonly agentSocket?: string
  /** Until a TCP connection counts as failed; 10 000 unless given. */
  readonly dialTimeoutMs?: number
  /** For key exchange and login together; 30 000 unless given. */
  readonly handshakeTimeoutMs?: number
  /** Between keepalives, of which three may go unanswered; 10 000 unless given. */
  readonly keepaliveMs?: number
  /** Until a connection without commands is closed; 300 000 unless given. */
  readonly idleMs?: number
}

/** Below the 10 unauthenticated connections after which sshd drops some at random (MaxStartups 10:30:100). */
const MAX_HANDSHAKES_PER_SERVER = 8

/** A pool of SSH sessions. */
export function createSessionPool(options: SessionPoolOptions = {}): SessionPool {
  return new SshSessionPool(options)
}

class SshSessionPool implements SessionPool {
  readonly #targets = new Map<string, Target>()
  readonly #gates = new Map<string, Gate>()
  readonly #options: SessionPoolOptions
  #closed = false

  constructor(options: SessionPoolOptions) {
    this.#options = options
  }

  async session(host: Host, signal?: AbortSignal): Promise<Session> {
    if (this.#closed) throw poolClosed(host)
    const target = this.#target(host)
    await target.connection(signal)
    return new SshSession(host, (ofRun) => target.connection(ofRun))
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#targets.values()].map((target) => target.close()))
  }

  // Everything that decides who is trusted and who logs in is part of the key: a connection that was made under
  // one policy is never lent to a host with another.
  #target(host: Host): Target {
    const key = JSON.stringify([host.address, Object.entries(host.ssh).sort()])
    const known = this.#targets.get(key)
    if (known !== undefined) return known
    const target = new Target(host, this.#gate(address(host)), this.#options)
    this.#targets.set(key, target)
    return target
  }

  #gate(server: string): Gate {
    const gate = this.#gates.get(server) ?? new Gate(MAX_HANDSHAKES_PER_SERVER)
    this.#gates.set(server, gate)
    return gate
  }
}

/** The one connection to one host. */
class Target {
  readonly #host: Host
  readonly #gate: Gate
  readonly #options: SessionPoolOptions
  #connection: Connection | undefined
  #connecting: Promise<Connection> | undefined
  readonly #closing = new AbortController()

  constructor(host: Host, gate: Gate, options: SessionPoolOptions) {
    this.#host = host
    this.#gate = gate
    this.#options = options
  }

  /** The connection that stands, or a new one; one handshake, however many ask. */
  async connection(signal?: AbortSignal): Promise<Connection> {
    signal?.throwIfAborted()
    if (this.#connection?.usable === true) return this.#connection
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined))
    return unlessAborted(this.#connecting, signal)
  }

  async close(): Promise<void> {
    this.#closing.abort(poolClosed(this.#host))
    await this.#connecting?.catch(() => undefined)
    await this.#connection?.close()
  }

  async #connect(): Promise<Connection> {
    const closing = this.#closing.signal
    const leave = await this.#gate.enter(closing)
    try {
      const agentSocket = this.#options.agentSocket ?? process.env['SSH_AUTH_SOCK']
      const client = await handshake(this.#host, agentSocket, limits(this.#options), closing)
      this.#connection = new Connection(client, this.#options.idleMs ?? 300_000)
      return this.#connection
    } finally {
      leave()
    }
  }
}

function limits(options: SessionPoolOptions): HandshakeLimits {
  return {
    dialMs: options.dialTimeoutMs ?? 10_000,
    handshakeMs: options.handshakeTimeoutMs ?? 30_000,
    keepaliveMs: options.keepaliveMs ?? 10_000,
  }
}

function poolClosed(host: Host): QuorateError {
  return new QuorateError(
    'SSH_CONNECTION_LOST',
    `the connections were closed while ${host.name} was asked for`,
    {
      host: host.name,
    },
  )
}

/** Waits with the others for something shared, but no longer than the signal allows. */
function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
