/** Splits a byte stream at marks that come in a fixed order, wherever its chunks begin and end. */
export class Sections {
  readonly #marks: readonly Buffer[]
  readonly #onData: (section: number, chunk: Buffer) => void
  readonly #heldFrom: number
  #section = 0
  /** What may be the beginning of the next mark. */
  #held = Buffer.alloc(0)
  /** How many bytes of that have been passed on nevertheless. */
  #passedOn = 0

  /**
   * @param onData receives the data before the first mark as section 0, and so on; never an empty chunk.
   * @param heldFrom how many bytes of a mark are held back until it is clear whether they are data. Fewer are passed on
   *   at once; if the rest of the mark comes in another chunk, they were not data after all.
   */
  constructor(
    marks: readonly string[],
    onData: (section: number, chunk: Buffer) => void,
    { heldFrom = 1 }: { readonly heldFrom?: number } = {},
  ) {
    this.#marks = marks.map((mark) => Buffer.from(mark))
    this.#onData = onData
    this.#heldFrom = heldFrom
  }

  /** How many marks have been found. */
  get section(): number {
    return this.#section
  }

  write(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    let passedOn = this.#passedOn
    for (;;) {
      const mark = this.#marks[this.#section]
      const start = mark === undefined ? -1 : rest.indexOf(mark)
      if (mark === undefined || start < 0) {
        this.#hold(rest, passedOn, mark)
        return
      }
      this.#emit(rest.subarray(passedOn, start))
      passedOn = 0
      this.#section += 1
      rest = rest.subarray(start + mark.length)
    }
  }

  /** Call when nothing more will arrive: what was held back is data after all. */
  end(): void {
    this.#emit(this.#held.subarray(this.#passedOn))
    this.#held = Buffer.alloc(0)
    this.#passedOn = 0
  }

  /** Passes on what is no mark. */
  #hold(rest: Buffer, passedOn: number, mark: Buffer | undefined): void {
    const length = mark === undefined ? 0 : beginningAtEnd(rest, mark)
    const data = rest.length - length
    const until = Math.max(passedOn, length < this.#heldFrom ? rest.length : data)
    this.#emit(rest.subarray(passedOn, until))
    this.#held = Buffer.from(rest.subarray(data))
    this.#passedOn = until - data
  }

  #emit(chunk: Buffer): void {
    if (chunk.length > 0) this.#onData(this.#section, chunk)
  }
}

/** How many bytes at the end may be the beginning of the mark. */
function beginningAtEnd(bytes: Buffer, mark: Buffer): number {
  let length = Math.min(bytes.length, mark.length - 1)
  while (length > 0 && !mark.subarray(0, length).equals(bytes.subarray(bytes.length - length))) length -= 1
  return length
}
