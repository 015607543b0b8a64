/**
 * Separates a command's output from what others write on the same channel. Before it come start-up files of the login
 * shell, wrappers (ForceCommand), sudo and PAM; after it, logout scripts and wrappers. Our own `sh` (remote-line.ts)
 * marks on both streams where the command begins and where it ended, with a token that nobody else knows. The last mark
 * carries the exit status: a wrapper may swallow the real one, and a shell that was killed has its own.
 */
import { randomBytes } from 'node:crypto'
import { defined } from '../../values/defined.js'
import { plainText } from '../../values/plain-text.js'
import { OUTPUT_LIMITS, type OutputStream } from './output-limits.js'
import type { Runner } from './remote-line.js'
import { Sections } from './sections.js'

/** From how many bytes of a mark on a stream waits for the rest: `quorate-`, which the end of data is never by chance. */
const HELD_ON_STREAM = 8

/** How many bytes of what others write are kept for messages. */
const KEPT_BYTES = 4096

/** How many of what sudo writes: a refusal repeats the command, whose line Linux limits to 128 KiB. */
const KEPT_OF_SUDO = 256 * 1024

type Taker = (chunk: Buffer) => void

/** Receivers of output as it arrives. */
export interface FrameTakers {
  /** Receives the command's standard output, which is then not collected. */
  readonly onStdout?: Taker | undefined
  /**
   * Receives it like `onStdout`, but each byte at once, as somebody may wait for just this one. Up to seven bytes of our
   * mark may then follow the last.
   */
  readonly onStream?: Taker
  /** Receives what sudo writes to standard error. */
  readonly onSudo?: Taker | undefined
}

/** Takes both streams of one command and separates out the command's own output. */
export class CommandFrame {
  /** Known only to us and our `sh`, which combines it with the rest of each mark. */
  readonly token = randomBytes(8).toString('hex')
  readonly #stdout: Sections
  readonly #stderr: Sections
  readonly #output: Buffer[] = []
  readonly #errors: Buffer[] = []
  readonly #shell = new Tail()
  readonly #sudo = new Tail(KEPT_OF_SUDO)
  readonly #ends = [new Head(), new Head()] as const
  readonly #taken: Record<OutputStream, number> = { 'standard output': 0, 'standard error': 0 }
  /** How many marks on standard error come before the command. */
  readonly #marksBefore: number

  constructor(runner: Runner, { onStdout, onStream, onSudo }: FrameTakers = {}) {
    const throughSudo = runner !== 'login-user'
    this.#marksBefore = throughSudo ? 2 : 1
    const mark = (name: string) => `quorate-${name}-${this.token}`
    const shell: Taker = (chunk) => this.#shell.write(chunk)
    const output: Taker = onStream ?? onStdout ?? ((chunk) => void this.#output.push(chunk))
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
      onStream === undefined ? undefined : HELD_ON_STREAM,
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

  /** Call when nothing more will arrive. */
  end(): void {
    this.#stdout.end()
    this.#stderr.end()
  }

  /** The stream that exceeded its limit, if any; what arrives after that is dropped. */
  get overflow(): OutputStream | undefined {
    return (Object.keys(OUTPUT_LIMITS) as OutputStream[]).find(
      (stream) => this.#taken[stream] > OUTPUT_LIMITS[stream],
    )
  }

  #mayTake(stream: OutputStream, { length }: Buffer): boolean {
    if (this.overflow === undefined) this.#taken[stream] += length
    return this.overflow === undefined
  }

  /** Whether our own `sh` ran, even if only to call sudo. */
  get shellRan(): boolean {
    return this.#stderr.section > 0
  }

  get hasBegun(): boolean {
    return this.#stderr.section >= this.#marksBefore
  }

  /** The command's exit status, once everything that it wrote has arrived. */
  get exitCode(): number | undefined {
    const [first, second] = this.#ends.map((end) => end.status)
    return first === second ? first : undefined
  }

  /** Whether one stream says that the command ended, but the end of the other stream is missing. */
  get hasLostEnd(): boolean {
    return this.exitCode === undefined && this.#ends.some(({ status }) => status !== undefined)
  }

  /** Whether something in between mixes the streams or changes line endings, so that no output can be relied on. */
  get isMangled(): boolean {
    const hasOutputBegun = this.#stdout.section > 0
    return hasOutputBegun !== this.hasBegun || this.#shell.text.includes(`-begin-${this.token}`)
  }

  /** Whether our own `sh` did not run the command because the beginning of its input was missing. */
  get hasLostInput(): boolean {
    return this.#shell.text.includes(`quorate-input-lost-${this.token}`)
  }

  /** What the command wrote to standard output; empty if `onStdout` received it. */
  get stdout(): Buffer {
    return Buffer.concat(this.#output)
  }

  get stderr(): Buffer {
    return Buffer.concat(this.#errors)
  }

  /** The end of what was written before our own `sh` ran, as readable lines. */
  get shellSaid(): string {
    return readable(this.#shell.text, this.token)
  }

  /** The end of what sudo wrote, as readable lines; of a command that it repeats, only the program. */
  get sudoSaid(): string {
    const [before, ...repeated] = this.#sudo.text.split(/(?<=sh) -c unset /)
    const after = repeated.map((text) => text.slice(endOf(text, this.token)))
    return readable([before, ...after].join(''), this.token)
  }
}

function divided(
  marks: readonly string[],
  takers: readonly (Taker | undefined)[],
  heldFrom?: number,
): Sections {
  return new Sections(marks, (section, chunk) => takers[section]?.(chunk), defined({ heldFrom }))
}

/** Keeps the end of what was written. */
class Tail {
  readonly #kept: number
  #bytes = Buffer.alloc(0)

  constructor(kept = KEPT_BYTES) {
    this.#kept = kept
  }

  write(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]).subarray(-this.#kept)
  }

  get text(): string {
    return this.#bytes.toString()
  }
}

/** Reads the exit status that follows a mark. */
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

/** The index after the last occurrence of a word; 0 if there is none. */
function endOf(text: string, word: string): number {
  const index = text.lastIndexOf(word)
  return index < 0 ? 0 : index + word.length
}

/** The lines of a text, without control characters, our own marks and empty lines. */
function readable(text: string, token: string): string {
  return plainText(text)
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/[\u{fffd}\s]+/gu, ' ').trim())
    .filter((line) => line !== '' && !line.includes(token))
    .join('\n')
}
