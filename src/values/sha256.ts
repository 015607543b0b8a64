/**
 * SHA-256 (FIPS 180-4) for code that runs without Node's modules, such as workflows. A plan compares the digests of a
 * host's files.
 */

const K = Uint32Array.from(firstPrimes(64), (prime) => fractionBits(Math.cbrt(prime)))
const INITIAL = firstPrimes(8).map((prime) => fractionBits(Math.sqrt(prime)))

/** The digest of a text in UTF-8, in lower-case hexadecimal digits as `sha256sum` prints it. */
export function sha256(text: string): string {
  const state = Uint32Array.from(INITIAL)
  const padded = pad(new TextEncoder().encode(text))
  for (let offset = 0; offset < padded.byteLength; offset += 64) {
    compress(state, new DataView(padded.buffer, offset, 64))
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
}

/** The message, a one bit, zeros up to a multiple of 64 bytes, and in the last eight of them its length in bits. */
function pad(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64)
  padded.set(message)
  padded[message.length] = 0x80
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(message.length) * 8n)
  return padded
}

function compress(state: Uint32Array, block: DataView): void {
  const words = schedule(block)
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let round = 0; round < 64; round += 1) {
    const choice = (e & f) ^ (~e & g)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const first =
      h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + at(K, round) + at(words, round)
    const second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = at(state, index) + value
}

function schedule(block: DataView): Uint32Array {
  const words = new Uint32Array(64)
  for (let index = 0; index < 64; index += 1) {
    if (index < 16) {
      words[index] = block.getUint32(index * 4)
      continue
    }
    const [near, far] = [at(words, index - 2), at(words, index - 15)]
    const small = rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3)
    const large = rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10)
    words[index] = at(words, index - 16) + small + at(words, index - 7) + large
  }
  return words
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}

/** The first 32 bits after the binary point. */
function fractionBits(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32)
}

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = []
  for (let candidate = 2; primes.length < count; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
  }
  return primes
}
