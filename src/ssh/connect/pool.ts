/** One connection per host, made on first use, shared by everybody, replaced when lost and closed when idle. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '../../cluster/model.js'
import type { HostSsh, JumpHost } from '../../cluster/ssh-login.js'
import { isQuorateError, QuorateError } from '../../errors/index.js'
import type { Credentials } from './authentication.js'
import { Connection, type JumpConnection } from './connection.js'
import { dial } from './dial.js'
import { Gate } from './gate.js'
import { hostKeyPolicy, type OnUnknownKey } from './host-key.js'
import { handshake, type HandshakeLimits, type OpenStream } from './handshake.js'
import { Secrets, type AskSecret } from './secrets.js'
import { address, type SshServer } from './server.js'
import { trustVersion } from './trust-files.js'
import { SshSession } from '../ssh-session.js'
import type { Session, SessionPool } from '../session.js'
import { defined } from '../../values/defined.js'

/** Limits of the pool's connections; all times in milliseconds. */
export interface SessionPoolOptions {
  /** Path of ssh-agent's socket; `SSH_AUTH_SOCK` unless given. Empty: no agent. */
  readonly agentSocket?: string
  /** Private keys that are tried where a host names none; those of `~/.ssh` unless given. */
  readonly defaultIdentityFiles?: readonly string[]
  /** Asks a person for a password; without it nobody can be asked. */
  readonly askSecret?: AskSecret
  /** Learns of host keys that are refused because nobody knows them. */
  readonly onUnknownKey?: OnUnknownKey
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

/** The user's keys that OpenSSH looks for, the strongest first. */
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** The fields of a host's `ssh` that do not concern the login there. */
const NOT_OF_THE_LOGIN: ReadonlySet<string> = new Set<keyof HostSsh>(['proxyJump', 'sudoPassword'])

/** A pool of SSH sessions. */
export function createSessionPool(options: SessionPoolOptions = {}): SessionPool {
  return new SshSessionPool(options)
}

class SshSessionPool implements SessionPool {
  readonly #targets = new Map<string, Target>()
  readonly #gates = new Map<string, Gate>()
  readonly #options: SessionPoolOptions
  readonly #secrets: Secrets
  #closed = false

  constructor(options: SessionPoolOptions) {
    this.#options = options
    this.#secrets = new Secrets(options.askSecret)
  }

  async session(host: Host, signal?: AbortSignal): Promise<Session> {
    if (this.#closed) throw poolClosed(host)
    const target = this.#target(host, host.ssh.proxyJump ?? [])
    await target.reconsiderTrust()
    await target.connection(signal)
    return new SshSession(host, this.#secrets, target, (ofRun) => target.connection(ofRun))
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#targets.values()].map((target) => target.close()))
  }

  // Everything that decides who is trusted and who logs in is part of the key. So a connection made under one policy is
  // never lent to a host with another. Jump hosts are targets too, shared by all hosts behind them.
  #target(server: SshServer, jumps: readonly JumpHost[]): Target {
    const login = Object.entries(server.ssh).filter(([name]) => !NOT_OF_THE_LOGIN.has(name))
    const key = JSON.stringify([server.address, login.sort(), jumps])
    const known = this.#targets.get(key)
    if (known !== undefined) return known
    const last = jumps.at(-1)
    const via = last && { name: last.name, target: this.#target(last, jumps.slice(0, -1)) }
    const gate = this.#gate(JSON.stringify([...jumps.map(address), address(server)]))
    const target = new Target(server, via, gate, this.#secrets, this.#options)
    this.#targets.set(key, target)
    return target
  }

  #gate(server: string): Gate {
    const gate = this.#gates.get(server) ?? new Gate(MAX_HANDSHAKES_PER_SERVER)
    this.#gates.set(server, gate)
    return gate
  }
}

/** The jump host right before a target. */
interface Via {
  readonly name: string
  readonly target: Target
}

/** The key by which a host was trusted, and the version of known_hosts at that time. */
interface Trust {
  readonly hostKey: Buffer
  readonly version: string
}

/** The one connection to one server. */
class Target {
  readonly #server: SshServer
  readonly #via: Via | undefined
  readonly #gate: Gate
  readonly #secrets: Secrets
  readonly #options: SessionPoolOptions
  #connection: Connection | undefined
  /** Why the host of the connection is trusted. */
  #trust: Trust | undefined
  #connecting: Promise<Connection> | undefined
  readonly #closing = new AbortController()

  constructor(
    server: SshServer,
    via: Via | undefined,
    gate: Gate,
    secrets: Secrets,
    options: SessionPoolOptions,
  ) {
    this.#server = server
    this.#via = via
    this.#gate = gate
    this.#secrets = secrets
    this.#options = options
  }

  /** The current connection, or a new one. There is only one handshake, however many callers ask. */
  async connection(signal?: AbortSignal): Promise<Connection> {
    signal?.throwIfAborted()
    if (this.#connection?.usable === true) return this.#connection
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined))
    return unlessAborted(this.#connecting, signal)
  }

  /**
   * Retires the connection if known_hosts has changed and no longer trusts the host, or a jump host on the way there. A
   * connection lives long, and whoever revokes a key wants that to hold for the next operation, too.
   * @throws QuorateError `SSH_KNOWN_HOSTS_UNREADABLE`
   */
  async reconsiderTrust(): Promise<void> {
    await this.#via?.target.reconsiderTrust()
    const connection = this.#connection
    if (connection?.usable !== true) return
    if (!connection.isTrusted || !(await this.#isStillTrusted())) connection.distrust()
  }

  async #isStillTrusted(): Promise<boolean> {
    const [known, version] = [this.#trust, await trustVersion(this.#server)]
    if (known === undefined || known.version === version) return true
    const decision = (await hostKeyPolicy(this.#server)).check(known.hostKey)
    if (decision.kind === 'refused') return false
    if (decision.kind === 'accepted') await decision.record()
    this.#trust = { hostKey: known.hostKey, version }
    return true
  }

  async close(): Promise<void> {
    this.#closing.abort(poolClosed(this.#server))
    await this.#connecting?.catch(() => undefined)
    await this.#connection?.close()
  }

  async #connect(): Promise<Connection> {
    const closing = this.#closing.signal
    const via = await this.#jumpConnection()
    const leave = await this.#gate.enter(closing)
    try {
      const { dialTimeoutMs = 10_000, idleMs = 300_000 } = this.#options
      const open: OpenStream = (signal) =>
        via === undefined
          ? dial(this.#server, dialTimeoutMs, signal)
          : via.connection.forward(via.name, this.#server, dialTimeoutMs, signal)
      // Taken before known_hosts is read, so that the next session notices what changes meanwhile.
      const version = await trustVersion(this.#server)
      const { client, hostKey } = await handshake(
        this.#server,
        open,
        credentials(this.#secrets, this.#options),
        limits(this.#options),
        { signal: closing, ...defined({ onUnknownKey: this.#options.onUnknownKey }) },
      )
      this.#connection = new Connection(client, idleMs, via)
      this.#trust = { hostKey, version }
      return this.#connection
    } finally {
      leave()
    }
  }

  async #jumpConnection(): Promise<JumpConnection | undefined> {
    if (this.#via === undefined) return undefined
    const { name, target } = this.#via
    try {
      return { name, connection: await target.connection(this.#closing.signal) }
    } catch (error) {
      if (!isQuorateError(error)) throw error
      throw new QuorateError(error.code, `on the way to ${this.#server.name}: ${error.message}`, {
        ...error.context,
        host: this.#server.name,
        hint: error.hint,
      })
    }
  }
}

function credentials(secrets: Secrets, options: SessionPoolOptions): Credentials {
  return {
    agentSocket: options.agentSocket ?? process.env['SSH_AUTH_SOCK'],
    defaultIdentityFiles:
      options.defaultIdentityFiles ?? DEFAULT_KEYS.map((key) => join(homedir(), '.ssh', key)),
    secrets,
  }
}

function limits(options: SessionPoolOptions): HandshakeLimits {
  return {
    handshakeMs: options.handshakeTimeoutMs ?? 30_000,
    keepaliveMs: options.keepaliveMs ?? 10_000,
  }
}

function poolClosed(server: SshServer): QuorateError {
  return new QuorateError(
    'SSH_CONNECTION_LOST',
    `the connections were closed while ${server.name} was asked for`,
    {
      host: server.name,
    },
  )
}

/** Waits for a shared promise, but no longer than the signal allows. */
function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
