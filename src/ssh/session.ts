/**
 * What activities can do on a host. Everything that runs remotely goes through this interface. The rest of this room
 * implements it over ssh2; tests may use another implementation.
 */
import type { Endpoint, Host } from '../cluster/model.js'
import type { Command } from './run/command.js'
import type { HostStream } from './run/host-stream.js'

/** How a command is run. */
export interface RunOptions {
  /**
   * Run as root: directly if the login user is root, otherwise through sudo, with the host's sudo password if it has
   * one.
   */
  readonly root?: boolean
  readonly stdin?: string | Buffer
  /**
   * Milliseconds after which the command is abandoned with `SSH_TIMEOUT`. Defaults to 30 000; `Infinity` means never.
   */
  readonly timeoutMs?: number
  /** Stops waiting when aborted; the remote command's fate is then unknown. */
  readonly signal?: AbortSignal
  /** Receives standard output as it arrives; the result's `stdout` is then empty. */
  readonly onStdout?: (chunk: Buffer) => void
}

/** The outcome of a command whose numeric exit status is known. */
export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Standard output as bytes. */
  readonly stdoutBytes: Buffer
}

/** Mode and owner of a file that is written. */
export interface FileAttributes {
  /** Octal, e.g. 0o600. */
  readonly mode: number
  /** `user:group`; `root:root` unless given. */
  readonly owner?: string
}

/** A stream to a server that the host reaches; or why the host did not reach it, in the words of its system. */
export type StreamOpening = { readonly stream: HostStream } | { readonly unreached: string }

/** A connection to one host. */
export interface Session {
  readonly host: Host
  /**
   * Stands for the way to the host: one object for all sessions that share a connection. Whatever is kept about a host
   * for as long as it is connected is kept by this.
   */
  readonly way: object
  /**
   * Runs a command to its end. Resolves for every numeric exit status, including non-zero ones.
   * @throws QuorateError `SSH_CONNECTION_LOST` when the outcome is unknown, `SSH_TIMEOUT` when it took too long,
   *   `OUTPUT_TOO_LARGE` when it wrote too much (output-limits.ts), `SUDO_DENIED` when root was asked for and sudo
   *   refused, `SECRET_NEEDED` when there is no password for sudo.
   */
  run(command: Command, options?: RunOptions): Promise<CommandResult>
  /** The bytes of a file, read as root; undefined when there is no such file. */
  readFile(path: string): Promise<Buffer | undefined>
  /**
   * Gives a file this content, mode and owner, as root. The content goes over stdin into a temporary file next to it,
   * which is synced and then renamed, so no reader ever sees half of it. Creates missing parent folders (0755).
   * @returns false if the file was already like this and nothing was written.
   */
  writeFile(path: string, content: string | Buffer, attributes: FileAttributes): Promise<boolean>
  /** Removes a file as root; false when there was none. */
  removeFile(path: string): Promise<boolean>
  /**
   * Opens a stream of bytes from the host to a server, within the connection to the host. Names are looked up on the
   * host. The stream is destroyed with `SSH_CONNECTION_LOST` when the connection is lost. It is not fenced.
   * @param signal ends the attempt with its reason.
   * @throws QuorateError as {@link run} does.
   */
  connect(endpoint: Endpoint, signal?: AbortSignal): Promise<StreamOpening>
}

/** Hands out one shared session per host; connections are made on first use, kept, and closed when idle. */
export interface SessionPool {
  /**
   * @throws QuorateError of the SSH_ family when the host cannot be reached, its key is not the known one, or
   *   the login is refused.
   */
  session(host: Host, signal?: AbortSignal): Promise<Session>
  /** Closes every connection. */
  close(): Promise<void>
}
