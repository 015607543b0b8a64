/**
 * Fencing: a session whose commands as root take effect only while a file on the host has a given first line. The shell
 * that runs the command checks the file just before it. Scripts that wait for their input check again right before they
 * take effect, since the connection may stall in between.
 */
import { quote, type Command } from './command.js'
import { FENCE, PASSED } from './fence-script.js'
import { readFile, removeFile, writeFile } from './files.js'
import type { Endpoint } from '../../cluster/model.js'
import type { CommandResult, FileAttributes, RunOptions, Session, StreamOpening } from '../session.js'

/** What must hold on the host at the moment a command runs there. */
export interface Fence {
  /** Absolute path of the file. */
  readonly file: string
  /** Its first line. */
  readonly line: string
  /**
   * Makes the error for a command that was not run. `found` is the first line of the file; empty if there is no file.
   */
  readonly passed: (found: string) => Error
}

/**
 * Returns a session to the same host in which every command as root is fenced, including file writes and unit starts.
 */
export function fenced(session: Session, fence: Fence): Session {
  return new FencedSession(session, fence)
}

/** The line on standard error that comes with {@link PASSED}. */
const PASSED_LINE = /^quorate fence passed: (.*)$/m

class FencedSession implements Session {
  readonly host: Session['host']
  readonly way: Session['way']
  readonly #session: Session
  readonly #fence: Fence

  constructor(session: Session, fence: Fence) {
    this.host = session.host
    this.way = session.way
    this.#session = session
    this.#fence = fence
  }

  async run(command: Command, options: RunOptions = {}): Promise<CommandResult> {
    if (options.root !== true) return this.#session.run(command, options)
    const result = await this.#session.run({ line: this.#line(command) }, options)
    const found = result.exitCode === PASSED ? PASSED_LINE.exec(result.stderr)?.[1] : undefined
    if (found !== undefined) throw this.#fence.passed(found)
    return result
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

  connect(endpoint: Endpoint, signal?: AbortSignal): Promise<StreamOpening> {
    return this.#session.connect(endpoint, signal)
  }

  // The check runs in the same shell as the command, without an extra process.
  #line(command: Command): string {
    const { file, line } = this.#fence
    const environment = `export QUORATE_FENCE=${quote(file)} QUORATE_FENCE_LINE=${quote(line)}`
    return `${environment}${FENCE}fence\n${command.line}`
  }
}
