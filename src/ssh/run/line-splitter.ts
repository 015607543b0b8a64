/**
 * Cuts a stream of bytes into lines for people, as plain text: progress that is redrawn by carriage returns counts as
 * lines.
 */
import { StringDecoder } from 'node:string_decoder'
import { plainText } from '../../errors/index.js'

/** Longer lines are cut in pieces of this many characters, so that nothing grows without bound. */
const MAX_LINE = 4096

export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  #rest = ''

  /** @param onLine takes each line that says something, without its end. */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  write(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split(/[\r\n]/)
    this.#rest = lines.pop() ?? ''
    lines.forEach((line) => this.#emit(line))
    while (this.#rest.length >= MAX_LINE) {
      this.#emit(this.#rest.slice(0, MAX_LINE))
      this.#rest = this.#rest.slice(MAX_LINE)
    }
  }

  /** What came after the last line end. */
  end(): void {
    this.#emit(this.#rest + this.#decoder.end())
    this.#rest = ''
  }

  #emit(line: string): void {
    for (let start = 0; start < line.length; start += MAX_LINE) {
      const plain = plainText(line.slice(start, start + MAX_LINE))
      if (plain !== '') this.#onLine(plain)
    }
  }
}
