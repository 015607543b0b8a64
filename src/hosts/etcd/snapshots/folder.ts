/** The folder in which a host keeps snapshots, what is in it, and what goes. */
import { z } from 'zod'
import { HOST_PATHS } from '../../../cluster/host-paths.js'
import type { KeptSnapshots } from '../../../cluster/snapshots.js'
import type { SnapshotRecord } from '../../../operations/snapshot-record.js'
import { outdated } from '../../../planning/snapshot/retention.js'
import { expectSuccess, script, type Session } from '../../../ssh/index.js'
import { defined } from '../../../values/defined.js'
import { readJson } from '../../json.js'

/** Where snapshots are kept, for root alone. */
export const SNAPSHOT_FOLDER = `${HOST_PATHS.quorate}/snapshots`

/** The file of a snapshot. */
export function databasePath(name: string): string {
  return `${SNAPSHOT_FOLDER}/${name}.db`
}

/** What is known of it. It is written before the database is put in place, so no snapshot is ever without. */
export function recordPath(name: string): string {
  return `${SNAPSHOT_FOLDER}/${name}.json`
}

/** A snapshot on a host. */
export interface KeptSnapshot {
  readonly record: SnapshotRecord
  /** Size of its file now. */
  readonly bytes: number
}

const RECORD = z.object({
  name: z.string(),
  cluster: z.string(),
  takenAt: z.string(),
  host: z.string(),
  memberId: z.string(),
  clusterId: z.string(),
  revision: z.number(),
  keys: z.number().optional(),
  etcdVersion: z.string(),
  kubernetesVersion: z.string(),
  caHash: z.string().optional(),
  encryption: z.string().optional(),
  bytes: z.number(),
  sha256: z.string(),
})

/** Reads what was written down of a snapshot; undefined if it is not that. */
export function parseRecord(text: string): SnapshotRecord | undefined {
  try {
    const { data } = RECORD.safeParse(JSON.parse(text))
    return data === undefined ? undefined : withoutUndefined(data)
  } catch {
    return undefined
  }
}

function withoutUndefined({ caHash, keys, encryption, ...rest }: z.output<typeof RECORD>): SnapshotRecord {
  return { ...rest, ...defined({ caHash, keys, encryption }) }
}

// $1: the folder. A line of `name, size, record in base64` for each.
const LIST = `
cd -- "$1" 2>/dev/null || exit 0
for file in *.db; do
  name=\${file%.db}
  [ -f "$file" ] && [ -f "$name.json" ] || continue
  printf '%s\\t%s\\t%s\\n' "$name" "$(stat -c %s -- "$file")" "$(base64 -w0 -- "$name.json")"
done`

/** The snapshots of the cluster on a host; files that nobody knows are left out. */
export async function keptSnapshots(session: Session, cluster: string): Promise<readonly KeptSnapshot[]> {
  const result = await session.run(script(LIST, SNAPSHOT_FOLDER), { root: true })
  const { stdout } = expectSuccess(result, 'listing snapshots', session.host)
  return stdout.split('\n').flatMap((line) => {
    const [name = '', bytes = '', encoded] = line.split('\t')
    const record = encoded === undefined ? undefined : parseRecord(Buffer.from(encoded, 'base64').toString())
    return record?.name === name && record.cluster === cluster ? [{ record, bytes: Number(bytes) }] : []
  })
}

// $1: the folder, then names. The database goes first: a record alone counts for nothing.
const REMOVE = `
cd -- "$1"
shift
for name in "$@"; do rm -f -- "$name.db" "$name.json"; done
sync -- .`

/**
 * Removes the snapshots of a host that are no longer kept.
 * @param verified the newest that was verified; without it on the host, everything stays.
 * @returns their names.
 */
export async function pruneSnapshots(
  session: Session,
  cluster: string,
  keep: KeptSnapshots,
  verified: string,
): Promise<readonly string[]> {
  const names = (await keptSnapshots(session, cluster)).map(({ record }) => record.name)
  const gone = outdated(names, { cluster, keep, verified, now: Date.now() })
  if (gone.length === 0) return []
  const result = await session.run(script(REMOVE, SNAPSHOT_FOLDER, ...gone), { root: true })
  expectSuccess(result, 'removing snapshots', session.host)
  return gone
}

/** Whether a file is what was written down of it. `missing`: there is no such file. */
export type Soundness = 'sound' | 'damaged' | 'missing'

// $1: the file. A snapshot is etcd's database, whose size is a multiple of 512, and the SHA-256 of it: what a restore
// checks (etcdutl/snapshot/v3_snapshot.go).
export const IS_WHOLE = `
is_whole() {
  size=$(stat -c %s -- "$1")
  [ "$size" -gt 4096 ] && [ $((size % 512)) = 32 ] || return 1
  said=$(tail -c 32 -- "$1" | od -An -v -tx1 | tr -d ' \\n')
  [ "$said" = "$(head -c -32 -- "$1" | sha256sum | cut -d ' ' -f 1)" ]
}`

// $1: the file, $2: the SHA-256 of all of it.
const VERIFY = `${IS_WHOLE}
[ -f "$1" ] || { echo missing; exit; }
if is_whole "$1" && [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$2" ]; then echo sound; else echo damaged; fi`

/** How long reading a large database twice may take. */
export const READING_MS = 600_000

/** Reads the whole file and compares it with its own digest and with the record. */
export async function soundness(
  session: Session,
  { name, sha256 }: Pick<SnapshotRecord, 'name' | 'sha256'>,
): Promise<Soundness> {
  const result = await session.run(script(VERIFY, databasePath(name), sha256), {
    root: true,
    timeoutMs: READING_MS,
  })
  const { stdout } = expectSuccess(result, 'reading the snapshot', session.host)
  return readJson(session, JSON.stringify(stdout.trim()), SOUNDNESS, 'the check of the snapshot')
}

const SOUNDNESS = z.enum(['sound', 'damaged', 'missing'])
