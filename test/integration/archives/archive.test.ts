import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  archivesIn,
  archiveSoundness,
  keepArchive,
  pruneArchives,
  type ArchiveContents,
} from '../../../src/archives/archive.js'
import { openStore, type Store } from '../../../src/archives/store.js'
import type { S3Copy } from '../../../src/cluster/snapshots.js'
import type { SnapshotRecord } from '../../../src/operations/snapshot-record.js'
import { aSnapshotRecord } from '../../support/member-statuses.js'
import { S3_KEY, S3Server } from './s3-server.js'

const DAY = 86_400_000
/** More than one part of an upload. */
const DATABASE = randomBytes(9 * 2 ** 20 + 7)
const KEY = '-----BEGIN RSA PRIVATE KEY-----\ncanary\n'

let folder: string
let server: S3Server
let identity: string
let recipients: string[]
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-archives-'))
  server = await S3Server.start('backups')
  identity = await generateX25519Identity()
  recipients = [
    await identityToRecipient(identity),
    await identityToRecipient(await generateX25519Identity()),
  ]
})
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server.stop()
})

function contents(database: Buffer = DATABASE): ArchiveContents {
  const small = (name: string, text: string) => {
    return { name, bytes: Buffer.byteLength(text), content: [Buffer.from(text)] }
  }
  async function* pieces() {
    for (let at = 0; at < database.length; at += 2 ** 20) {
      await Promise.resolve()
      yield database.subarray(at, at + 2 ** 20)
    }
  }
  return {
    entries: [
      small('host/etc/kubernetes/pki/ca.key', KEY),
      { name: 'snapshot.db', bytes: database.length, content: pieces() },
    ],
    lacking: ['/etc/kubernetes/pki/front-proxy-ca.key'],
  }
}

function bucket(changes: Partial<S3Copy> = {}): S3Copy {
  const secret = join(folder, 'secret')
  writeFileSync(secret, S3_KEY.secretAccessKey)
  chmodSync(secret, 0o600)
  return {
    kind: 's3',
    bucket: 'backups',
    region: 'us-east-1',
    endpoint: server.endpoint,
    prefix: 'clusters/prod/',
    accessKeyId: S3_KEY.accessKeyId,
    secretAccessKey: { file: secret },
    ...changes,
  }
}

const openFolder = () => openStore({ kind: 'folder', folder: join(folder, 'backups') })
const record = aSnapshotRecord('cp2')
const keep = (store: Store, one: SnapshotRecord = record) =>
  keepArchive(store, one, recipients, () => Promise.resolve(contents()))

async function bytesOf(store: Store, name: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of store.read(name)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The files of the archive, as the programs of an operator see them. */
async function opened(store: Store): Promise<string> {
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  const clear = join(folder, 'clear.tar')
  writeFileSync(clear, await decrypter.decrypt(await bytesOf(store, `${record.name}.tar.age`)))
  execFileSync('tar', ['-xf', clear, '-C', folder])
  return join(folder, record.name)
}

describe.each([
  ['a folder', openFolder],
  ['a bucket', () => openStore(bucket())],
])('an archive in %s', (_, open) => {
  it('is opened with the identity and tar, and holds what went in', async () => {
    const store = await open()
    const kept = await keep(store)
    expect(kept?.contents).toEqual(['host/etc/kubernetes/pki/ca.key', 'snapshot.db'])
    const at = await opened(store)
    expect(readFileSync(join(at, 'snapshot.db')).equals(DATABASE)).toBe(true)
    expect(readFileSync(join(at, 'host/etc/kubernetes/pki/ca.key'), 'utf8')).toBe(KEY)
    expect(statSync(join(at, 'snapshot.db')).mode & 0o777).toBe(0o600)
    expect(statSync(join(at, 'snapshot.db')).mtime).toEqual(new Date(record.takenAt))
  })

  it('shows nothing of it in clear', async () => {
    const store = await open()
    await keep(store)
    const stored = await Promise.all((await store.list('')).map(({ name }) => bytesOf(store, name)))
    for (const bytes of stored) {
      expect(bytes.includes('canary')).toBe(false)
      expect(bytes.includes(DATABASE.subarray(0, 32))).toBe(false)
    }
  })

  it('is listed with what it is and lacks, kept once, and found damaged', async () => {
    const store = await open()
    const kept = await keep(store)
    expect(await archivesIn(store, 'prod')).toEqual([kept])
    expect(kept?.lacking).toEqual(['/etc/kubernetes/pki/front-proxy-ca.key'])
    expect(await keep(store)).toBeUndefined()
    if (kept === undefined) throw new Error('it was not kept')
    expect(await archiveSoundness(store, kept)).toBe('sound')
    const damaged = await bytesOf(store, `${record.name}.tar.age`)
    damaged[5000] = (damaged[5000] ?? 0) ^ 1
    await store.write(`${record.name}.tar.age`, [damaged])
    expect(await archiveSoundness(store, kept)).toBe('damaged')
  })

  it('does not count without its record, and is written again', async () => {
    const store = await open()
    await keep(store)
    await store.remove(`${record.name}.json`)
    expect(await archivesIn(store, 'prod')).toEqual([])
    expect(await keep(store)).toBeDefined()
  })

  it('leaves nothing when its content ends early', async () => {
    const store = await open()
    const cutOff = () => Promise.resolve(contents(DATABASE))
    const short = async () => {
      const { entries, lacking } = await cutOff()
      return { lacking, entries: entries.map((one) => ({ ...one, bytes: one.bytes + 1 })) }
    }
    await expect(keepArchive(store, record, recipients, short)).rejects.toThrow()
    expect(await store.list('')).toEqual([])
    expect(server.uploads.size).toBe(0)
  })

  it('goes when there are enough newer ones; other files stay', async () => {
    const store = await open()
    const names = [0, 1, 2].map((days) => {
      const takenAt = new Date(Date.parse(record.takenAt) - days * DAY).toISOString()
      const time = takenAt.replaceAll(/[-:]|\.\d+/g, '')
      return { ...record, takenAt, name: `prod-${time}-r${1000 - days}-op` }
    })
    const few = () => Promise.resolve({ lacking: [], entries: [] })
    for (const one of names) await keepArchive(store, one, recipients, few)
    await store.write('prod-notes.txt', [Buffer.from('mine')])
    const [newest, , oldest] = names
    expect(await pruneArchives(store, 'prod', { count: 2 }, newest?.name ?? '')).toEqual([oldest?.name])
    const left = (await store.list('')).map(({ name }) => name)
    expect(left).toHaveLength(5)
    expect(left).toContain('prod-notes.txt')
  })
})

describe('a bucket', () => {
  it('is asked with a signature that covers everything, in one folder of names', async () => {
    await keep(await openStore(bucket()))
    expect([...server.objects.keys()].toSorted()).toEqual([
      `clusters/prod/${record.name}.json`,
      `clusters/prod/${record.name}.tar.age`,
    ])
  })

  it('refuses a wrong secret: only a person can fix that', async () => {
    const wrong = join(folder, 'wrong')
    writeFileSync(wrong, 'wrong', { mode: 0o600 })
    const store = await openStore(bucket({ secretAccessKey: { file: wrong } }))
    await expect(keep(store)).rejects.toMatchObject({ code: 'COPY_REFUSED' })
    await expect(keep(await openStore(bucket({ bucket: 'other' })))).rejects.toMatchObject({
      code: 'COPY_REFUSED',
    })
  })

  it('is asked again when it stumbles, and given up for now when it does not answer', async () => {
    server.refusals.push({ status: 503, code: 'SlowDown' })
    expect(await keep(await openStore(bucket()))).toBeDefined()
    const store = await openStore(bucket())
    await server.stop()
    await expect(archivesIn(store, 'prod')).rejects.toMatchObject({ code: 'COPY_FAILED' })
    server = await S3Server.start('backups')
  })

  it('keeps no parts of an upload whose worker died', async () => {
    const key = `clusters/prod/${record.name}.tar.age`
    server.uploads.set('left', { key, parts: new Map() })
    server.uploads.set('foreign', { key: `${key}.other`, parts: new Map() })
    await keep(await openStore(bucket()))
    expect([...server.uploads.keys()]).toEqual(['foreign'])
  })
})

describe('a folder', () => {
  it('is made for its owner alone, and shows no file before it is whole', async () => {
    const store = await openFolder()
    const at = join(folder, 'backups')
    const seen: string[][] = []
    async function* watched() {
      yield Buffer.from('a')
      await Promise.resolve()
      seen.push((await store.list('')).map(({ name }) => name))
      yield Buffer.from('b')
    }
    await store.write('prod-x', watched())
    expect(seen).toEqual([[]])
    expect(readFileSync(join(at, 'prod-x'), 'utf8')).toBe('ab')
    expect(statSync(at).mode & 0o777).toBe(0o700)
    expect(statSync(join(at, 'prod-x')).mode & 0o777).toBe(0o600)
  })

  it('tells why it takes nothing', async () => {
    writeFileSync(join(folder, 'file'), '')
    const store = await openStore({ kind: 'folder', folder: join(folder, 'file/backups') })
    await expect(keep(store)).rejects.toMatchObject({ code: 'COPY_REFUSED' })
    expect(existsSync(join(folder, 'file/backups'))).toBe(false)
    expect(readdirSync(folder)).toContain('file')
  })
})
