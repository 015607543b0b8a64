/**
 * Encrypted archives of snapshots in a place outside the cluster: `NAME.tar.age`, and beside it `NAME.json`, which says in
 * clear what it is. The latter is written last, so an archive without it is not finished.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { KeptSnapshots } from '../cluster/snapshots.js'
import { QuorateError } from '../errors/index.js'
import { parseRecord, type Soundness } from '../hosts/etcd/snapshots/folder.js'
import type { SnapshotRecord } from '../operations/snapshot-record.js'
import { outdated } from '../planning/snapshot/retention.js'
import { encrypted } from './encryption.js'
import type { Store } from './store.js'
import { tar, type TarEntry } from './tar.js'

const ARCHIVE = '.tar.age'
const RECORD = '.json'

/** What is known of an archive. */
export interface ArchiveRecord {
  readonly record: SnapshotRecord
  readonly bytes: number
  /** Of the encrypted file, in hexadecimal digits. */
  readonly sha256: string
  /** The files in it. */
  readonly contents: readonly string[]
  /** Files that no host had, although a restore may need them. */
  readonly lacking: readonly string[]
}

const ARCHIVE_FIELDS = z.object({
  archive: z.object({
    bytes: z.number(),
    sha256: z.string(),
    contents: z.array(z.string()),
    lacking: z.array(z.string()),
  }),
})

/** The finished archives of a cluster in a place. */
export async function archivesIn(store: Store, cluster: string): Promise<readonly ArchiveRecord[]> {
  const files = await store.list(`${cluster}-`)
  const found: ArchiveRecord[] = []
  for (const { name: file } of files.filter(({ name }) => name.endsWith(RECORD))) {
    const name = file.slice(0, -RECORD.length)
    const archive = files.find((one) => one.name === `${name}${ARCHIVE}`)
    if (archive === undefined) continue
    const known = await readRecord(store, file)
    if (known?.record.name === name && known.record.cluster === cluster && known.bytes === archive.bytes) {
      found.push(known)
    }
  }
  return found
}

async function readRecord(store: Store, file: string): Promise<ArchiveRecord | undefined> {
  const chunks: Uint8Array[] = []
  for await (const chunk of store.read(file)) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const record = parseRecord(text)
  if (record === undefined) return undefined
  const { data } = ARCHIVE_FIELDS.safeParse(JSON.parse(text))
  return data === undefined ? undefined : { record, ...data.archive }
}

/** What goes into an archive. */
export interface ArchiveContents {
  readonly entries: readonly TarEntry[]
  readonly lacking: readonly string[]
}

/**
 * Keeps an encrypted archive. It is never in clear anywhere, nor as a whole in memory.
 * @param collect called only if the place has no finished archive of the snapshot.
 * @returns undefined if it had one.
 * @throws QuorateError `COPY_FAILED`, `COPY_REFUSED`.
 */
export async function keepArchive(
  store: Store,
  record: SnapshotRecord,
  recipients: readonly string[],
  collect: () => Promise<ArchiveContents>,
): Promise<ArchiveRecord | undefined> {
  const present = await archivesIn(store, record.cluster)
  if (present.some((one) => one.record.name === record.name)) return undefined
  const { entries, lacking } = await collect()
  const hash = createHash('sha256')
  let bytes = 0
  const clear = tar(record.name, entries, Math.floor(Date.parse(record.takenAt) / 1000))
  const measured = async function* () {
    for await (const chunk of encrypted(clear, recipients)) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  const file = `${record.name}${ARCHIVE}`
  await store.write(file, measured())
  const [written] = await store.list(file)
  if (written?.bytes !== bytes) {
    const message = `${store.title} has ${written?.bytes ?? 'none'} of the ${bytes} bytes of ${file}`
    throw new QuorateError('COPY_FAILED', message)
  }
  const archive = { bytes, sha256: hash.digest('hex'), contents: entries.map(({ name }) => name), lacking }
  const text = `${JSON.stringify({ ...record, archive }, undefined, 2)}\n`
  await store.write(`${record.name}${RECORD}`, [Buffer.from(text)])
  return { record, ...archive }
}

/** Reads an archive and compares it with its digest. Nothing of ours can open it. */
export async function archiveSoundness(store: Store, { record, sha256 }: ArchiveRecord): Promise<Soundness> {
  const hash = createHash('sha256')
  for await (const chunk of store.read(`${record.name}${ARCHIVE}`)) hash.update(chunk)
  return hash.digest('hex') === sha256 ? 'sound' : 'damaged'
}

/**
 * Removes the archives that a place keeps no longer.
 * @param verified as in {@link outdated}.
 * @returns the names of their snapshots.
 */
export async function pruneArchives(
  store: Store,
  cluster: string,
  keep: KeptSnapshots,
  verified: string,
): Promise<readonly string[]> {
  const names = (await archivesIn(store, cluster)).map(({ record }) => record.name)
  const gone = outdated(names, { cluster, keep, verified, now: Date.now() })
  for (const name of gone) {
    // The record goes first: an archive alone counts for nothing.
    await store.remove(`${name}${RECORD}`)
    await store.remove(`${name}${ARCHIVE}`)
  }
  return gone
}
