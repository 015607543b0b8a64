/** One authenticated SSH connection to one host, shared by all that runs there. */
import type { Client } from 'ssh2'
import { execute, type Execution, type ExecutionEnd } from './execute.js'
import { Gate } from './gate.js'

/** Below sshd's MaxSessions of 10. */
const MAX_CHANNELS = 8

/** A server that does not answer the end of a connection within this is left, in milliseconds. */
const CLOSE_GRACE_MS = 2_000

/** `unsent`: nothing reached the host, so that it can be sent on another connection. */
export type ConnectionRun = ExecutionEnd | { readonly kind: 'unsent' }

export class Connection {
  readonly #client: Client
  readonly #idleMs: number
  readonly #channels = new Gate(MAX_CHANNELS)
  readonly #closed: Promise<void>
  #alive = true
  #retired = false
  #idleTimer: NodeJS.Timeout | undefined

  /** @param idleMs milliseconds without a command after which the connection is closed. */
  constructor(client: Client, idleMs: number) {
    this.#client = client
    this.#idleMs = idleMs
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

  /** Runs a command as soon as a channel is free. */
  async run(execution: Execution): Promise<ConnectionRun> {
    clearTimeout(this.#idleTimer)
    const leave = await this.#channels.enter(execution.signal)
    try {
      if (!this.usable) return { kind: 'unsent' }
      return await this.#execute(execution)
    } finally {
      leave()
      if (this.#channels.idle) this.#waitIdle()
    }
  }

  async #execute(execution: Execution): Promise<ConnectionRun> {
    let end: ExecutionEnd
    try {
      end = await execute(this.#client, execution, () => this.#alive)
    } catch (aborted) {
      this.#retire()
      throw aborted
    }
    if (end.kind === 'timeout') this.#retire()
    if (end.kind === 'refused' && this.#channels.inside > 1) {
      // The server allows fewer sessions than OpenSSH's default.
      this.#channels.narrow(this.#channels.inside - 1)
      return { kind: 'unsent' }
    }
    return end
  }

  /** Closes the connection; resolves when it is closed. */
  async close(): Promise<void> {
    this.#retired = true
    this.#client.end()
    const timer = setTimeout(() => this.#client.destroy(), CLOSE_GRACE_MS)
    if (this.#alive) await this.#closed
    clearTimeout(timer)
  }

  // A command that was given up keeps its session on the server for as long as it runs; a few of them would use up
  // MaxSessions. What runs on this connection may end; what comes next gets a new one.
  #retire(): void {
    this.#retired = true
  }

  #waitIdle(): void {
    if (this.#retired) void this.close()
    else this.#idleTimer = setTimeout(() => void this.close(), this.#idleMs).unref()
  }
}
