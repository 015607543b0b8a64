/**
 * Splits a byte stream into plain-text lines for people. Progress output that redraws itself with carriage returns
 * counts as separate lines.
 */
import { StringDecoder } from 'node:string_decoder'
import { plainText } from '../../values/plain-text.js'

/** Longer lines are split into pieces of this many characters, so that nothing grows without bound. */
const MAX_LINE = 4096

export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  #rest = ''

  /** @param onLine receives each line that is not empty, without its line ending. */
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

  /** Emits what came after the last line ending. */
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
