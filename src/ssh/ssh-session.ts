/** A session over ssh2: runs commands on the host's shared connection and says what is known of their outcome. */
import type { Endpoint, Host } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import type { Command } from './run/command.js'
import type { Connection, ConnectionRun } from './connect/connection.js'
import type { Execution } from './run/execute.js'
import { readFile, removeFile, writeFile } from './run/files.js'
import { CommandFrame } from './run/frame.js'
import { remoteLine, type Runner } from './run/remote-line.js'
import { expectPrograms } from './run/missing-program.js'
import type { Secrets } from './connect/secrets.js'
import { streamOver } from './run/host-stream.js'
import { openPipe } from './run/pipe.js'
import type { CommandResult, FileAttributes, RunOptions, Session, StreamOpening } from './session.js'
import { SudoDialogue } from './run/sudo-dialogue.js'
import { withoutOutcome } from './run/without-outcome.js'
import { defined } from '../values/defined.js'

const DEFAULT_TIMEOUT_MS = 30_000

/** Milliseconds that the host has to reach a server. */
const CONNECT_TIMEOUT_MS = 10_000

type Ended = Exclude<ConnectionRun, { kind: 'unsent' }>

export class SshSession implements Session {
  readonly host: Host
  readonly way: object
  readonly #connect: (signal?: AbortSignal) => Promise<Connection>
  readonly #secrets: Secrets

  /**
   * @param way stands for the connections that `connect` returns.
   * @param connect returns the current connection, or makes a new one.
   */
  constructor(
    host: Host,
    secrets: Secrets,
    way: object,
    connect: (signal?: AbortSignal) => Promise<Connection>,
  ) {
    this.host = host
    this.way = way
    this.#secrets = secrets
    this.#connect = connect
  }

  async run(command: Command, options: RunOptions = {}): Promise<CommandResult> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const throughSudo = options.root === true && this.host.ssh.user !== 'root'
    const sudo = throughSudo ? await this.#sudoDialogue() : undefined
    const runner: Runner = sudo ? 'sudo-with-password' : throughSudo ? 'sudo' : 'login-user'
    const stdin = Buffer.from(options.stdin ?? '')
    const frame = new CommandFrame(runner, {
      onStdout: options.onStdout,
      onSudo: (chunk) => sudo?.listen(chunk),
    })
    const end = await this.#send({
      line: remoteLine(command, runner, frame.token, stdin.length > 0),
      frame,
      ...defined({ sudo }),
      stdin,
      timeoutMs,
      ...defined({ signal: options.signal }),
    })
    if (end.kind === 'exited') {
      const ended = result(end.exitCode, frame)
      expectPrograms(ended.exitCode, ended.stderr, this.host.name)
      return ended
    }
    if (sudo?.isRefused === true) throw this.#wrongPassword()
    throw withoutOutcome(end, { host: this.host, frame, throughSudo, timeoutMs })
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

  async connect(endpoint: Endpoint, signal?: AbortSignal): Promise<StreamOpening> {
    for (;;) {
      const connection = await this.#connect(signal)
      if (connection.refusesForwarding) {
        return openPipe((pipe) => this.#send(pipe), this.host, endpoint, CONNECT_TIMEOUT_MS, signal)
      }
      const forwarding = await connection.connect(endpoint, CONNECT_TIMEOUT_MS, signal)
      if (forwarding.kind === 'unreached') return { unreached: forwarding.reason }
      if (forwarding.kind === 'lost') throw this.#lost()
      if (forwarding.kind === 'open') {
        const broken = () => (connection.isAlive ? undefined : this.#lost())
        return { stream: streamOver(forwarding.stream, broken) }
      }
    }
  }

  #lost(): QuorateError {
    const { name } = this.host
    return new QuorateError(
      'SSH_CONNECTION_LOST',
      `the connection to ${name} was lost while a server was asked there`,
      {
        host: name,
      },
    )
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

  #wrongPassword(): QuorateError {
    const { name, ssh } = this.host
    // If a person entered the password, the next attempt asks for it again.
    if (ssh.sudoPassword !== undefined) this.#secrets.forget(ssh.sudoPassword)
    return new QuorateError('SUDO_DENIED', `sudo on ${name} does not accept the password of ${ssh.user}`, {
      host: name,
      hint: 'correct what ssh.sudoPasswordFrom leads to; try it on the host with `sudo -k true`. If sudo asks for a second factor there, let it not do so for this user',
    })
  }
}

function result(exitCode: number, { stdout, stderr }: CommandFrame): CommandResult {
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString(), stdoutBytes: stdout }
}
