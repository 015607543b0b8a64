/** A session over ssh2: runs commands on the host's shared connection and says what is known of their outcome. */
import type { Host } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import type { Command } from './command.js'
import type { Connection, ConnectionRun } from './connection.js'
import type { Execution } from './execute.js'
import { readFile, removeFile, writeFile } from './files.js'
import { expectPrograms } from './missing-program.js'
import { remoteLine, sudoRefusal } from './remote-line.js'
import type { Secrets } from './secrets.js'
import type { CommandResult, FileAttributes, RunOptions, Session } from './session.js'
import { SudoDialogue, withoutDialogue } from './sudo-dialogue.js'

const DEFAULT_TIMEOUT_MS = 30_000

type Ended = Exclude<ConnectionRun, { kind: 'unsent' }>

export class SshSession implements Session {
  readonly host: Host
  readonly #connect: (signal?: AbortSignal) => Promise<Connection>
  readonly #secrets: Secrets

  /** @param connect gives the connection that stands, or makes a new one. */
  constructor(host: Host, secrets: Secrets, connect: (signal?: AbortSignal) => Promise<Connection>) {
    this.host = host
    this.#secrets = secrets
    this.#connect = connect
  }

  async run(command: Command, options: RunOptions = {}): Promise<CommandResult> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const throughSudo = options.root === true && this.host.ssh.user !== 'root'
    const sudo = throughSudo ? await this.#sudoDialogue() : undefined
    const runner = sudo ? 'sudo-with-password' : throughSudo ? 'sudo' : 'login-user'
    const end = await this.#send({
      line: remoteLine(command, runner),
      ...(sudo === undefined ? {} : { sudo }),
      stdin: options.stdin ?? '',
      timeoutMs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onStdout === undefined ? {} : { onStdout: options.onStdout }),
    })
    if (end.kind !== 'exited') throw this.#withoutOutcome(end, timeoutMs)
    return this.#result(end, throughSudo, sudo)
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

  async #send(execution: Execution): Promise<Ended> {
    for (;;) {
      const connection = await this.#connect(execution.signal)
      const end = await connection.run(execution)
      if (end.kind !== 'unsent') return end
    }
  }

  async #sudoDialogue(): Promise<SudoDialogue | undefined> {
    const { name, ssh } = this.host
    if (ssh.sudoPassword === undefined) return undefined
    const purpose = `the sudo password of ${ssh.user} on ${name}`
    return new SudoDialogue(await this.#secrets.read(ssh.sudoPassword, purpose, name))
  }

  #result(
    end: Extract<Ended, { kind: 'exited' }>,
    throughSudo: boolean,
    sudo: SudoDialogue | undefined,
  ): CommandResult {
    const stderr = sudo === undefined ? end.stderr.toString() : withoutDialogue(end.stderr.toString())
    if (sudo?.isRefused === true) throw this.#wrongPassword()
    const isStarted = sudo?.isRoot ?? false
    const refusal = throughSudo && !isStarted ? sudoRefusal(end.exitCode, stderr) : undefined
    if (refusal !== undefined) {
      throw this.#error(
        'SUDO_DENIED',
        `${this.host.ssh.user} may not use sudo on ${this.host.name}: ${refusal}`,
      )
    }
    expectPrograms(end.exitCode, stderr, this.host.name)
    return { exitCode: end.exitCode, stdout: end.stdout.toString(), stderr, stdoutBytes: end.stdout }
  }

  #withoutOutcome(end: Exclude<Ended, { kind: 'exited' }>, timeoutMs: number): QuorateError {
    const { name } = this.host
    switch (end.kind) {
      case 'lost': {
        const also = end.jumpHost === undefined ? '' : `, with that to its jump host ${end.jumpHost},`
        return this.#error(
          'SSH_CONNECTION_LOST',
          `the connection to ${name} was lost${also} while a command ran`,
        )
      }
      case 'timeout':
        return this.#error('SSH_TIMEOUT', `a command on ${name} did not end within ${timeoutMs / 1000} s`)
      case 'refused':
        return this.#error('SSH_SESSION_REFUSED', `${name} refuses to run a command: ${end.reason}`)
    }
  }

  #wrongPassword(): QuorateError {
    const { name, ssh } = this.host
    // Asked for again, where a person gave it.
    if (ssh.sudoPassword !== undefined) this.#secrets.forget(ssh.sudoPassword)
    return new QuorateError('SUDO_DENIED', `sudo on ${name} does not take the password of ${ssh.user}`, {
      host: name,
      hint: 'correct what ssh.sudoPasswordFrom leads to; try it on the host with `sudo -k true`',
    })
  }

  #error(
    code: 'SSH_CONNECTION_LOST' | 'SSH_TIMEOUT' | 'SSH_SESSION_REFUSED' | 'SUDO_DENIED',
    message: string,
  ): QuorateError {
    return new QuorateError(code, message, { host: this.host.name })
  }
}
