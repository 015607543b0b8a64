/**
 * Tells what a command wrote from what others write on the same channel: start-up files of the login shell, wrappers
 * (ForceCommand), sudo and PAM before it, logout scripts and wrappers after it. Our own `sh` (remote-line.ts) marks
 * where the command begins and where it ended, on both streams, with a token that nobody else knows. The last mark
 * carries the exit status, since a wrapper may swallow it, and a shell that was killed has one of its own.
 */
import { randomBytes } from 'node:crypto'
import { plainText } from '../../errors/index.js'
import { OUTPUT_LIMITS, type OutputStream } from './output-limits.js'
import type { Runner } from './remote-line.js'
import { Sections } from './sections.js'

/** How many bytes are kept of what others say, for messages. */
const KEPT_BYTES = 4096

type Taker = (chunk: Buffer) => void

/** Who wants what as it comes. */
export interface FrameTakers {
  /** Takes the command's standard output, in place of its being collected. */
  readonly onStdout?: Taker | undefined
  /** Takes what sudo says on standard error. */
  readonly onSudo?: Taker | undefined
}

/** Takes both streams of one command and keeps apart what is the command's own. */
export class CommandFrame {
  /** Known only to us and to our `sh`, which puts it together with the rest of each mark. */
  readonly token = randomBytes(8).toString('hex')
  readonly #stdout: Sections
  readonly #stderr: Sections
  readonly #output: Buffer[] = []
  readonly #errors: Buffer[] = []
  readonly #shell = new Tail()
  readonly #sudo = new Tail()
  readonly #ends = [new Head(), new Head()] as const
  readonly #taken: Record<OutputStream, number> = { 'standard output': 0, 'standard error': 0 }
  /** How many marks on standard error come before the command. */
  readonly #marksBefore: number

  constructor(runner: Runner, { onStdout, onSudo }: FrameTakers = {}) {
    const throughSudo = runner !== 'login-user'
    this.#marksBefore = throughSudo ? 2 : 1
    const mark = (name: string) => `quorate-${name}-${this.token}`
    const shell: Taker = (chunk) => this.#shell.write(chunk)
    const output: Taker = onStdout ?? ((chunk) => void this.#output.push(chunk))
    const sudo: Taker = (chunk) => {
      this.#sudo.write(chunk)
      onSudo?.(chunk)
    }
    const errors: Taker = (chunk) => void this.#errors.push(chunk)
    const [endOfOutput, endOfErrors] = this.#ends.map(
      (end): Taker =>
        (chunk) =>
          end.write(chunk),
    )
    this.#stdout = divided(
      [`${mark('stdout-begin')}\n`, `${mark('stdout-end')}-`],
      [shell, output, endOfOutput],
    )
    this.#stderr = divided(
      [
        ...(throughSudo ? [`${mark('sudo-begin')}\n`] : []),
        `${mark('stderr-begin')}\n`,
        `${mark('stderr-end')}-`,
      ],
      [shell, ...(throughSudo ? [sudo] : []), errors, endOfErrors],
    )
  }

  takeStdout(chunk: Buffer): void {
    if (this.#mayTake('standard output', chunk)) this.#stdout.write(chunk)
  }

  takeStderr(chunk: Buffer): void {
    if (this.#mayTake('standard error', chunk)) this.#stderr.write(chunk)
  }

  /** Nothing more comes. */
  end(): void {
    this.#stdout.end()
    this.#stderr.end()
  }

  /** The stream on which more came than is taken; what comes after that is lost. */
  get overflow(): OutputStream | undefined {
    return (Object.keys(OUTPUT_LIMITS) as OutputStream[]).find(
      (stream) => this.#taken[stream] > OUTPUT_LIMITS[stream],
    )
  }

  #mayTake(stream: OutputStream, { length }: Buffer): boolean {
    if (this.overflow === undefined) this.#taken[stream] += length
    return this.overflow === undefined
  }

  /** Whether our own `sh` ran, be it only to call sudo. */
  get shellRan(): boolean {
    return this.#stderr.section > 0
  }

  /** Whether the command was begun. */
  get hasBegun(): boolean {
    return this.#stderr.section >= this.#marksBefore
  }

  /** The command's exit status, once everything that it wrote is here. */
  get exitCode(): number | undefined {
    const [first, second] = this.#ends.map((end) => end.status)
    return first === second ? first : undefined
  }

  /** Whether the command ended by its word on one stream, and the end of the other stream is missing. */
  get hasLostEnd(): boolean {
    return this.exitCode === undefined && this.#ends.some(({ status }) => status !== undefined)
  }

  /** Whether somebody in between mixes the streams or changes line ends, so that no output can be relied on. */
  get isMangled(): boolean {
    const hasOutputBegun = this.#stdout.section > 0
    return hasOutputBegun !== this.hasBegun || this.#shell.text.includes(`-begin-${this.token}`)
  }

  /** What the command wrote to standard output, unless somebody took it. */
  get stdout(): Buffer {
    return Buffer.concat(this.#output)
  }

  get stderr(): Buffer {
    return Buffer.concat(this.#errors)
  }

  /** The end of what was said by whoever ran before our own `sh`, in lines for people. */
  get shellSaid(): string {
    return readable(this.#shell.text, this.token)
  }

  /** The end of what sudo said, in lines for people. */
  get sudoSaid(): string {
    return readable(this.#sudo.text, this.token)
  }
}

function divided(marks: readonly string[], takers: readonly (Taker | undefined)[]): Sections {
  return new Sections(marks, (section, chunk) => takers[section]?.(chunk))
}

/** The end of what was written. */
class Tail {
  #bytes = Buffer.alloc(0)

  write(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]).subarray(-KEPT_BYTES)
  }

  get text(): string {
    return this.#bytes.toString()
  }
}

/** The status that follows a mark. */
class Head {
  #text = ''

  write(chunk: Buffer): void {
    this.#text += chunk.toString('latin1', 0, 4 - Math.min(4, this.#text.length))
  }

  get status(): number | undefined {
    const [, digits] = /^(\d{1,3})\n/.exec(this.#text) ?? []
    return digits === undefined ? undefined : Number(digits)
  }
}

/** Lines without control characters, our own marks, and what is empty. */
function readable(text: string, token: string): string {
  return plainText(text)
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/[\u{fffd}\s]+/gu, ' ').trim())
    .filter((line) => line !== '' && !line.includes(token))
    .join('\n')
}
