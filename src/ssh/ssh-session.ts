/** A session over ssh2: runs commands on the host's shared connection and says what is known of their outcome. */
import type { Host } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import type { Command } from './command.js'
import type { Connection, ConnectionRun } from './connection.js'
import type { Execution } from './execute.js'
import { readFile, removeFile, writeFile } from './files.js'
import { remoteLine, sudoRefusal } from './remote-line.js'
import type { CommandResult, FileAttributes, RunOptions, Session } from './session.js'

const DEFAULT_TIMEOUT_MS = 30_000

export class SshSession implements Session {
  readonly host: Host
  readonly #connect: (signal?: AbortSignal) => Promise<Connection>

  /** @param connect gives the connection that stands, or makes a new one. */
  constructor(host: Host, connect: (signal?: AbortSignal) => Promise<Connection>) {
    this.host = host
    this.#connect = connect
  }

  async run(command: Command, options: RunOptions = {}): Promise<CommandResult> {
    const throughSudo = options.root === true && this.host.ssh.user !== 'root'
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const end = await this.#send({
      line: remoteLine(command, throughSudo),
      stdin: options.stdin ?? '',
      timeoutMs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onStdout === undefined ? {} : { onStdout: options.onStdout }),
    })
    switch (end.kind) {
      case 'exited':
        return this.#result(end, throughSudo)
      case 'lost':
        throw this.#error(
          'SSH_CONNECTION_LOST',
          `the connection to ${this.host.name} was lost while a command ran`,
        )
      case 'timeout':
        throw this.#error(
          'SSH_TIMEOUT',
          `a command on ${this.host.name} did not end within ${timeoutMs / 1000} s`,
        )
      case 'refused':
        throw this.#error('SSH_SESSION_REFUSED', `${this.host.name} refuses to run a command: ${end.reason}`)
    }
  }

  readFile(path: string): Promise<Buffer | undefined> {
    return readFile(this, path)
  }

  writeFile(path: string, content: string | Buffer, attributes: FileAttributes): Promise<boolean> {
    return writeFile(this, path, content, attributes)
  }

  removeFile(path: string): Promise<boolean> {
    return removeFile(this, path)
  }

  async #send(execution: Execution): Promise<Exclude<ConnectionRun, { kind: 'unsent' }>> {
    for (;;) {
      const connection = await this.#connect(execution.signal)
      const end = await connection.run(execution)
      if (end.kind !== 'unsent') return end
    }
  }

  #result(end: Extract<ConnectionRun, { kind: 'exited' }>, throughSudo: boolean): CommandResult {
    const stderr = end.stderr.toString()
    const refusal = throughSudo ? sudoRefusal(end.exitCode, stderr) : undefined
    if (refusal !== undefined) {
      throw this.#error(
        'SUDO_DENIED',
        `${this.host.ssh.user} may not use sudo on ${this.host.name}: ${refusal}`,
      )
    }
    return { exitCode: end.exitCode, stdout: end.stdout.toString(), stderr, stdoutBytes: end.stdout }
  }

  #error(
    code: 'SSH_CONNECTION_LOST' | 'SSH_TIMEOUT' | 'SSH_SESSION_REFUSED' | 'SUDO_DENIED',
    message: string,
  ): QuorateError {
    return new QuorateError(code, message, { host: this.host.name })
  }
}
