/** Splits a byte stream at marks that come in a fixed order, wherever its chunks begin and end. */
export class Sections {
  readonly #marks: readonly Buffer[]
  readonly #onData: (section: number, chunk: Buffer) => void
  #section = 0
  /** What may be the beginning of the next mark. */
  #held = Buffer.alloc(0)

  /** @param onData receives the data before the first mark as section 0, and so on; never an empty chunk. */
  constructor(marks: readonly string[], onData: (section: number, chunk: Buffer) => void) {
    this.#marks = marks.map((mark) => Buffer.from(mark))
    this.#onData = onData
  }

  /** How many marks have been found. */
  get section(): number {
    return this.#section
  }

  write(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = Buffer.alloc(0)
    for (;;) {
      const mark = this.#marks[this.#section]
      const start = mark === undefined ? -1 : rest.indexOf(mark)
      if (mark === undefined || start < 0) {
        this.#emit(this.#holdBack(rest, mark))
        return
      }
      this.#emit(rest.subarray(0, start))
      this.#section += 1
      rest = rest.subarray(start + mark.length)
    }
  }

  /** Call when nothing more will arrive: what was held back is data after all. */
  end(): void {
    this.#emit(this.#held)
    this.#held = Buffer.alloc(0)
  }

  #holdBack(rest: Buffer, mark: Buffer | undefined): Buffer {
    let length = mark === undefined ? 0 : Math.min(rest.length, mark.length - 1)
    const isBeginning = () => mark?.subarray(0, length).equals(rest.subarray(rest.length - length)) === true
    while (length > 0 && !isBeginning()) length -= 1
    this.#held = Buffer.from(rest.subarray(rest.length - length))
    return rest.subarray(0, rest.length - length)
  }

  #emit(chunk: Buffer): void {
    if (chunk.length > 0) this.#onData(this.#section, chunk)
  }
}
