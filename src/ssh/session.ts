/**
 * What the activities may do on a host: the one path by which anything runs remotely. The rest of this room
 * implements it over ssh2; tests may implement it otherwise.
 */
import type { Host } from '../cluster/model.js'
import type { Command } from './run/command.js'

/** How a command is run. */
export interface RunOptions {
  /** Run as root: through sudo, with a password where the host has one, or as it is where the login user is root. */
  readonly root?: boolean
  readonly stdin?: string | Buffer
  /** Milliseconds until the command is given up as `SSH_TIMEOUT`; 30 000 unless given, `Infinity` for never. */
  readonly timeoutMs?: number
  /** Aborts waiting; the remote command's fate is then unknown. */
  readonly signal?: AbortSignal
  /** Takes standard output as it comes; the result's is then empty. */
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

/** A connection to one host. */
export interface Session {
  readonly host: Host
  /**
   * Runs a command to its end. Resolves for every numeric exit status, also one other than 0.
   * @throws QuorateError `SSH_CONNECTION_LOST` when the outcome is unknown, `SSH_TIMEOUT` when it took too long,
   *   `OUTPUT_TOO_LARGE` when it wrote too much (output-limits.ts), `SUDO_DENIED` when root was asked for and sudo refused, `SECRET_NEEDED` when there is no password for it.
   */
  run(command: Command, options?: RunOptions): Promise<CommandResult>
  /** The bytes of a file, read as root; undefined when there is no such file. */
  readFile(path: string): Promise<Buffer | undefined>
  /**
   * Makes a file have this content, mode and owner, as root: by stdin into a temporary file beside it, synced,
   * then renamed, so that no reader ever sees half of it. Missing parent folders are made (0755).
   * @returns false when everything was so already and nothing was written.
   */
  writeFile(path: string, content: string | Buffer, attributes: FileAttributes): Promise<boolean>
  /** Removes a file as root; false when there was none. */
  removeFile(path: string): Promise<boolean>
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
