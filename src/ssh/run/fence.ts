/**
 * Fencing: a session whose commands as root take effect only while a file on the host holds a certain first line.
 * It is looked at in the same shell just before the command; scripts that wait for their input look again right
 * before their effect, since a connection may stall in between.
 */
import { quote, type Command } from './command.js'
import { FENCE, PASSED } from './fence-script.js'
import { readFile, removeFile, writeFile } from './files.js'
import type { CommandResult, FileAttributes, RunOptions, Session } from '../session.js'

/** What must be so on the host, at the moment that a command runs there. */
export interface Fence {
  /** Absolute path of the file. */
  readonly file: string
  /** Its first line. */
  readonly line: string
  /** Makes the error for a command that was not run, from the line that was found: empty where there is no file. */
  readonly passed: (found: string) => Error
}

/** A session to the same host whose every command as root, file writes and unit starts included, is fenced. */
export function fenced(session: Session, fence: Fence): Session {
  return new FencedSession(session, fence)
}

/** The line on standard error that comes with {@link PASSED}. */
const PASSED_LINE = /^quorate fence passed: (.*)$/m

class FencedSession implements Session {
  readonly host: Session['host']
  readonly #session: Session
  readonly #fence: Fence

  constructor(session: Session, fence: Fence) {
    this.host = session.host
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

  // In the shell that runs the command, without a process more.
  #line(command: Command): string {
    const { file, line } = this.#fence
    const environment = `export QUORATE_FENCE=${quote(file)} QUORATE_FENCE_LINE=${quote(line)}`
    return `${environment}${FENCE}fence\n${command.line}`
  }
}
