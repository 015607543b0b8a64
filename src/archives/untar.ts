/** Reads a tar archive (POSIX ustar) as a stream, as `tar.ts` writes it. */

const BLOCK = 512

/** A file of an archive. Its content must be read, or is skipped, before the next one comes. */
export interface UntarredEntry {
  readonly name: string
  readonly bytes: number
  readonly content: AsyncIterable<Uint8Array>
}

/**
 * The files of an archive, in their order.
 * @throws Error if it is not such an archive, or is cut off.
 */
export async function* untar(stream: AsyncIterable<Uint8Array>): AsyncGenerator<UntarredEntry> {
  const source = new Source(stream)
  for (;;) {
    const header = await source.block()
    if (header.every((byte) => byte === 0)) break
    const { name, bytes } = read(header)
    let left = bytes
    const content = async function* () {
      while (left > 0) {
        const chunk = await source.some(left)
        left -= chunk.length
        yield chunk
      }
    }
    yield { name, bytes, content: content() }
    while (left > 0) left -= (await source.some(left)).length
    const padding = (BLOCK - (bytes % BLOCK)) % BLOCK
    for (let rest = padding; rest > 0;) rest -= (await source.some(rest)).length
  }
  // What ends the stream says whether it was whole.
  await source.end()
}

/** As IEEE Std 1003.1 (pax, ustar interchange format) lays it out. */
function read(header: Buffer): { readonly name: string; readonly bytes: number } {
  const text = (from: number, length: number) =>
    header
      .subarray(from, from + length)
      .toString()
      .replace(/\0.*$/s, '')
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0)
  const bytes = Number.parseInt(text(124, 12), 8)
  if (Number.parseInt(text(148, 8), 8) !== sum || !Number.isSafeInteger(bytes) || text(257, 5) !== 'ustar') {
    throw new Error('it is not a tar archive')
  }
  const prefix = text(345, 155)
  return { name: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`, bytes }
}

/** The bytes of a stream, as many at a time as are asked for. */
class Source {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  /** At least one byte, and no more than `most`. */
  async some(most: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next()
      if (next.done === true) throw new Error('it is cut off')
      this.#rest = next.value
    }
    const taken = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(taken.length)
    return taken
  }

  async block(): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for (let left = BLOCK; left > 0;) {
      const part = await this.some(left)
      parts.push(part)
      left -= part.length
    }
    return Buffer.concat(parts)
  }

  async end(): Promise<void> {
    for (;;) if ((await this.#chunks.next()).done === true) return
  }
}
