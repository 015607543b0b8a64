/** One authenticated SSH connection to one host, shared by all that runs there. */
import { setImmediate, setTimeout as delay } from 'node:timers/promises'
import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import type { Endpoint } from '../../cluster/model.js'
import { execute, type Carrier, type Execution, type ExecutionEnd } from '../run/execute.js'
import { forward, openForward, type Forwarding } from './forward.js'
import { Gate } from './gate.js'
import type { SshServer } from './server.js'

/** Below sshd's MaxSessions of 10. */
const MAX_CHANNELS = 8

/**
 * Pauses, in milliseconds, before asking again for a channel that was refused: OpenSSH frees a command's session a
 * moment after its channel is closed. The first list applies while other commands run there, the second when nothing
 * else is open.
 */
const REOPEN_AFTER_MS = [20] as const
const REOPEN_ALONE_AFTER_MS = [20, 50, 100, 200, 400, 800] as const

/** Milliseconds that a server has to answer the end of a connection. After that, the connection is destroyed. */
const CLOSE_GRACE_MS = 2_000

/** `unsent`: nothing reached the host, so the command can be sent on another connection. */
export type ConnectionRun = ExecutionEnd | { readonly kind: 'unsent' }

/** The connection to a jump host, and the jump host's name. */
export interface JumpConnection {
  readonly name: string
  readonly connection: Connection
}

export class Connection {
  readonly #client: Client
  readonly #idleMs: number
  readonly #channels = new Gate(MAX_CHANNELS)
  readonly #closed: Promise<void>
  #alive = true
  #retired = false
  #distrusted = false
  #idleTimer: NodeJS.Timeout | undefined
  /** How many streams to other servers lead through this connection. */
  #forwards = 0
  /** Those that end as soon as the host is no longer trusted. */
  readonly #streams = new Set<Duplex>()
  #refusesForwarding = false
  readonly #via: JumpConnection | undefined

  /**
   * @param idleMs milliseconds without a command after which the connection is closed.
   * @param via the connection that this one leads through.
   */
  constructor(client: Client, idleMs: number, via?: JumpConnection) {
    this.#client = client
    this.#idleMs = idleMs
    this.#via = via
    client.on('error', () => (this.#alive = false))
    client.once('end', () => (this.#alive = false))
    this.#closed = new Promise((resolve) => {
      client.once('close', () => {
        this.#alive = false
        clearTimeout(this.#idleTimer)
        resolve()
      })
    })
    this.#waitIdle()
  }

  /** False once it is lost, closed or about to be. */
  get usable(): boolean {
    return this.#alive && !this.#retired
  }

  /** False once it is lost or closed. */
  get isAlive(): boolean {
    return this.#alive
  }

  /** False once the key of its host, or of a jump host on the way there, is no longer trusted. */
  get isTrusted(): boolean {
    return !this.#distrusted && (this.#via?.connection.isTrusted ?? true)
  }

  /** Whether the host has refused to open a stream to another server. */
  get refusesForwarding(): boolean {
    return this.#refusesForwarding
  }

  /** Lets running commands finish, and ends streams. Later ones get a connection to a trusted host, or none. */
  distrust(): void {
    this.#distrusted = true
    for (const stream of this.#streams) stream.destroy()
    this.#retire()
    this.#waitIdle()
  }

  /** Runs a command as soon as a channel is free. */
  async run(execution: Execution): Promise<ConnectionRun> {
    clearTimeout(this.#idleTimer)
    const leave = await this.#channels.enter(execution.signal)
    try {
      if (!this.usable) return { kind: 'unsent' }
      return await this.#execute(execution)
    } finally {
      leave()
      this.#waitIdle()
    }
  }

  /**
   * Opens a stream through this connection. Such streams are not sessions, so MaxSessions does not count them.
   * @param name the name of this connection's server.
   */
  async forward(name: string, server: SshServer, timeoutMs: number, signal: AbortSignal): Promise<Duplex> {
    const leave = this.#enterForward()
    try {
      const stream = await forward(this.#client, name, server, timeoutMs, signal)
      stream.once('close', leave)
      return stream
    } catch (error) {
      leave()
      throw error
    }
  }

  /** Opens a stream from the host to a server. It may stay open for as long as the connection lives. */
  async connect(
    endpoint: Endpoint,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Forwarding | { readonly kind: 'unsent' }> {
    if (!this.usable) return { kind: 'unsent' }
    const leave = this.#enterForward()
    let forwarding: Forwarding | undefined
    try {
      forwarding = await openForward(this.#client, endpoint, timeoutMs, signal)
      this.#refusesForwarding ||= forwarding.kind === 'prohibited'
      return forwarding
    } finally {
      if (forwarding?.kind === 'open') this.#keep(forwarding.stream, leave)
      else leave()
    }
  }

  #enterForward(): () => void {
    clearTimeout(this.#idleTimer)
    this.#forwards += 1
    return () => {
      this.#forwards -= 1
      this.#waitIdle()
    }
  }

  #keep(stream: Duplex, leave: () => void): void {
    this.#streams.add(stream)
    stream.once('close', () => {
      this.#streams.delete(stream)
      leave()
    })
  }

  async #execute(execution: Execution): Promise<ConnectionRun> {
    let end: ExecutionEnd
    try {
      end = await this.#open(execution)
    } catch (aborted) {
      this.#retire()
      throw aborted
    }
    if (end.kind === 'timeout' || end.kind === 'too-large' || (end.kind === 'exited' && end.isHeld))
      this.#retire()
    if (end.kind === 'lost' && this.#via !== undefined) {
      // The loss of the jump host's connection may become known only after the loss of what led through it.
      await setImmediate()
      if (!this.#via.connection.isAlive) return { kind: 'lost', jumpHost: this.#via.name }
    }
    if (end.kind === 'refused' && this.#channels.inside > 1) {
      // The server allows fewer sessions than OpenSSH's default.
      this.#channels.narrow(this.#channels.inside - 1)
      return { kind: 'unsent' }
    }
    return end
  }

  /** Executes a command. Asks again for a channel that was refused, since an earlier one may not be quite gone. */
  async #open(execution: Execution): Promise<ExecutionEnd> {
    const carrier: Carrier = {
      client: this.#client,
      connected: () => this.#alive,
      throughJumpHost: this.#via !== undefined,
    }
    for (let refusals = 0; ; refusals += 1) {
      const end = await execute(carrier, execution)
      const pauses = this.#channels.inside > 1 ? REOPEN_AFTER_MS : REOPEN_ALONE_AFTER_MS
      const pause = pauses[refusals]
      if (end.kind !== 'refused' || end.opened || pause === undefined || !this.usable) return end
      await delay(pause)
      execution.signal?.throwIfAborted()
    }
  }

  /** Closes the connection; resolves when it is closed. */
  async close(): Promise<void> {
    this.#retired = true
    this.#client.end()
    const timer = setTimeout(() => this.#client.destroy(), CLOSE_GRACE_MS)
    if (this.#alive) await this.#closed
    clearTimeout(timer)
  }

  // An abandoned command keeps its session on the server for as long as it runs; a few of them would use up
  // MaxSessions. Commands that run on this connection may finish; later ones get a new connection.
  #retire(): void {
    this.#retired = true
  }

  #waitIdle(): void {
    if (!this.#channels.idle || this.#forwards > 0) return
    if (this.#retired) void this.close()
    else this.#idleTimer = setTimeout(() => void this.close(), this.#idleMs).unref()
  }
}
