import { describe, expect, it } from 'vitest'
import { tar } from '../../../src/archives/tar.js'
import { untar } from '../../../src/archives/untar.js'

const FILES = [
  { name: 'README.txt', content: Buffer.from('hello') },
  { name: 'host/etc/kubernetes/pki/etcd/ca.key', content: Buffer.alloc(512, 'k') },
  { name: 'empty', content: Buffer.alloc(0) },
  { name: 'snapshot.db', content: Buffer.alloc(5_000, 'd') },
]

async function archive(): Promise<Buffer> {
  const entries = FILES.map(({ name, content }) => ({ name, bytes: content.length, content: [content] }))
  const chunks: Uint8Array[] = []
  for await (const chunk of tar('prod-1', entries, 0)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The bytes in chunks of a size that fits no block. */
async function* inChunks(bytes: Buffer, size = 777): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(stream: AsyncIterable<Uint8Array>, wanted: (name: string) => boolean = () => true) {
  const found = new Map<string, Buffer | undefined>()
  for await (const { name, content } of untar(stream)) {
    if (!wanted(name)) {
      found.set(name, undefined)
      continue
    }
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(chunk)
    found.set(name, Buffer.concat(chunks))
  }
  return found
}

describe('an archive', () => {
  it('has the files that were put into it', async () => {
    const found = await read(inChunks(await archive()))
    expect([...found]).toEqual(FILES.map(({ name, content }) => [`prod-1/${name}`, content]))
  })

  it('skips files that nobody reads', async () => {
    const found = await read(inChunks(await archive()), (name) => name.endsWith('snapshot.db'))
    expect(found.get('prod-1/snapshot.db')?.length).toBe(5_000)
    expect(found.get('prod-1/README.txt')).toBeUndefined()
  })

  it('is refused where it was cut off', async () => {
    const whole = await archive()
    await expect(read(inChunks(whole.subarray(0, 4_000)))).rejects.toThrow('cut off')
    await expect(read(inChunks(whole.subarray(0, 200)))).rejects.toThrow('cut off')
  })

  it('is refused where a header was changed', async () => {
    const changed = Buffer.from(await archive())
    changed.write('X', 0)
    await expect(read(inChunks(changed))).rejects.toThrow('not a tar archive')
  })

  it('passes on what is wrong with the end of its stream', async () => {
    const whole = await archive()
    const stream = async function* () {
      yield* inChunks(whole)
      throw new Error('the last chunk is forged')
    }
    await expect(read(stream())).rejects.toThrow('forged')
  })
})
