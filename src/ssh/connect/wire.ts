/** The wire format of RFC 4251, 5, which agents' answers, keys, certificates and key revocation lists are made of. */

/** Bytes that are not what they should be. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

/** Reads values one after the other; never beyond the end, and never copies. */
export class WireReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  /** @throws WireError, as all methods below do, if the bytes end before the value does. */
  byte(): number {
    return this.bytes(1).readUInt8()
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE()
  }

  uint64(): bigint {
    return this.bytes(8).readBigUInt64BE()
  }

  /** A length and that many bytes. */
  string(): Buffer {
    return this.bytes(this.uint32())
  }

  bytes(length: number): Buffer {
    const end = this.#offset + length
    if (end > this.#bytes.length) throw new WireError('it ends too early')
    const value = this.#bytes.subarray(this.#offset, end)
    this.#offset = end
    return value
  }
}

/** A length and that many bytes. */
export function wireString(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
