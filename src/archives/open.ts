/**
 * Opens archives for a rebuild. The key is read here and nowhere else; what is in clear stays in this process' memory, and
 * comes only as fast as it is taken.
 */
import { readFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute } from 'node:path'
import { snapshotSettings } from '../cluster/snapshots.js'
import type { Cluster } from '../cluster/model.js'
import { isQuorateError, QuorateError } from '../errors/index.js'
import { parseRecord } from '../hosts/etcd/snapshots/folder.js'
import type { ArchiveReference } from '../operations/rebuild/request.js'
import type { SnapshotRecord } from '../operations/snapshot-record.js'
import { decrypted } from './encryption.js'
import { FolderStore } from './folder-store.js'
import { openStore, type Store } from './store.js'
import { untar, type UntarredEntry } from './untar.js'

const ARCHIVE = '.tar.age'

/** The largest file in an archive that is held as a whole: a key or a configuration. */
const SMALL = 1024 * 1024

/** The name of the database in it, which comes last. */
export const DATABASE = 'snapshot.db'

/** An archive that was found; it is opened each time its files are asked for. */
export interface FoundArchive {
  /** How people know it. */
  readonly title: string
  readonly store: Store
  /** Its file in the place. */
  readonly file: string
  /** The text of the identity file. */
  readonly identities: string
}

/**
 * Finds an archive and reads the key to it.
 * @throws QuorateError `SNAPSHOT_UNKNOWN`, `ARCHIVE_UNREADABLE`, or of the COPY_ family.
 */
export async function findArchive(cluster: Cluster, reference: ArchiveReference): Promise<FoundArchive> {
  const { archive, identity } = reference
  const identities = await readFile(identity, 'utf8').catch((error: unknown) => {
    throw unreadable(`the identity file ${identity}`, error)
  })
  if (isAbsolute(archive)) {
    const store = new FolderStore(dirname(archive), dirname(archive))
    return { title: archive, store, file: basename(archive), identities }
  }
  const file = `${archive}${ARCHIVE}`
  const { copies } = snapshotSettings(cluster)
  for (const copy of copies) {
    const store = await openStore(copy)
    const found = await store.list(file)
    if (found.some(({ name }) => name === file)) {
      return { title: `${archive} in ${store.title}`, store, file, identities }
    }
  }
  const where = copies.length === 0 ? 'the cluster file names no copies of snapshots' : 'no copy has it'
  throw new QuorateError('SNAPSHOT_UNKNOWN', `${archive}: ${where}`)
}

/**
 * The files of an archive in clear, with their names in it.
 * @throws QuorateError `ARCHIVE_UNREADABLE`, or of the COPY_ family.
 */
export async function* filesOf({
  title,
  store,
  file,
  identities,
}: FoundArchive): AsyncGenerator<UntarredEntry> {
  try {
    for await (const entry of untar(decrypted(store.read(file), identities))) {
      const name = entry.name.slice(entry.name.indexOf('/') + 1)
      yield { ...entry, name, content: explained(title, entry.content) }
    }
  } catch (error) {
    throw isQuorateError(error) ? error : unreadable(title, error)
  }
}

async function* explained(title: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content
  } catch (error) {
    throw isQuorateError(error) ? error : unreadable(title, error)
  }
}

/** The content of a small file. */
export async function contentOf({ name, bytes, content }: UntarredEntry): Promise<Buffer> {
  if (bytes > SMALL) throw unreadable(name, `it has ${bytes} bytes, which is too many`)
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/**
 * The files before the database, by their names in the archive, and what is written down of the snapshot.
 * @param expected the archive must be of this snapshot still.
 * @throws QuorateError `ARCHIVE_UNREADABLE` if it is none of Quorate's, or another one.
 */
export async function smallFiles(
  archive: FoundArchive,
  expected?: SnapshotRecord,
): Promise<{ readonly record: SnapshotRecord; readonly files: ReadonlyMap<string, Buffer> }> {
  const files = new Map<string, Buffer>()
  for await (const entry of filesOf(archive)) {
    if (entry.name === DATABASE) break
    files.set(entry.name, await contentOf(entry))
  }
  const record = parseRecord(files.get('snapshot.json')?.toString() ?? '')
  if (record === undefined) throw unreadable(archive.title, 'it is no archive of a snapshot')
  if (expected !== undefined && record.sha256 !== expected.sha256) {
    throw unreadable(archive.title, `it is of another snapshot now: ${record.name}`)
  }
  return { record, files }
}

/** Of what is in an archive, nothing gets into the message. */
export function unreadable(what: string, why: unknown): QuorateError {
  const reason = why instanceof Error ? why.message : String(why)
  return new QuorateError('ARCHIVE_UNREADABLE', `${what} cannot be read: ${reason}`)
}
