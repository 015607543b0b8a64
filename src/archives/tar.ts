/** Writes a tar archive (POSIX ustar) as a stream: any tar reads it. */

/** A file of an archive. */
export interface TarEntry {
  readonly name: string
  readonly bytes: number
  readonly content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

const BLOCK = 512
const MODE = 0o600

/** What its field for the size can say: 8 GiB, which is also as large as etcd should ever be. */
const MOST_BYTES = 8 ** 11 - 1

/**
 * The bytes of an archive, as they are asked for.
 * @param folder what the names of all files begin with.
 * @param seconds since the epoch: when the files were last changed.
 * @throws Error if a file has not as many bytes as it said.
 */
export async function* tar(
  folder: string,
  entries: Iterable<TarEntry> | AsyncIterable<TarEntry>,
  seconds: number,
): AsyncGenerator<Uint8Array> {
  for await (const { name, bytes, content } of entries) {
    if (bytes > MOST_BYTES) throw new Error(`${name} is too large for tar`)
    yield header(folder, name, bytes, seconds)
    let written = 0
    for await (const chunk of content) {
      written += chunk.length
      yield chunk
    }
    if (written !== bytes) throw new Error(`${name} has ${written} bytes instead of ${bytes}`)
    const rest = bytes % BLOCK
    if (rest > 0) yield new Uint8Array(BLOCK - rest)
  }
  yield new Uint8Array(2 * BLOCK)
}

/** As IEEE Std 1003.1 (pax, ustar interchange format) lays it out. */
function header(folder: string, path: string, bytes: number, seconds: number): Uint8Array {
  const slash = path.lastIndexOf('/')
  const [prefix, name] = [slash < 0 ? folder : `${folder}/${path.slice(0, slash)}`, path.slice(slash + 1)]
  if (Buffer.byteLength(name) > 100 || Buffer.byteLength(prefix) > 155)
    throw new Error(`${path} is too long for tar`)
  const block = Buffer.alloc(BLOCK)
  const put = (text: string, at: number) => block.write(text, at, 'utf8')
  const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, '0')
  put(name, 0)
  put(octal(MODE, 8), 100)
  put(octal(0, 8), 108)
  put(octal(0, 8), 116)
  put(octal(bytes, 12), 124)
  put(octal(seconds, 12), 136)
  put(' '.repeat(8), 148)
  put('0', 156)
  put('ustar\u000000', 257)
  put('root', 265)
  put('root', 297)
  put(prefix, 345)
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(`${octal(sum, 7)}\0 `, 148)
  return block
}
