/** Copies a snapshot to the host of a member, from that of another one or from elsewhere; it is verified again there. */
import type { SnapshotRecord } from '../../../operations/snapshot-record.js'
import { expectSuccess, script, type Session } from '../../../ssh/index.js'
import type { HostContext } from '../../context.js'
import { databasePath, recordPath, SNAPSHOT_FOLDER, soundness } from './folder.js'
import { appendRest, piecesOf } from './pieces.js'
import { refuseFullDisk } from './space.js'
import { MAKE_FOLDER, renderRecord } from './take.js'

/** Exit status of {@link FINISH}. */
const DIFFERS = 4

// $1: what was carried, $2: its SHA-256, $3: the file to keep it as, $4: the folder, $5: what is written down of it.
const FINISH = `
if [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" != "$2" ]; then rm -f -- "$1" "$5"; exit ${DIFFERS}; fi
chmod 600 -- "$1"
sync -- "$1"
mv -f -- "$1" "$3"
sync -- "$4"`

// $1: the folder, $2: what is being carried. Other operations may have left theirs.
const CLEAR = `for file in "$1"/*.part; do [ "$file" = "$2" ] || rm -f -- "$file"; done`

/** Where a snapshot comes from. */
export interface SnapshotSource {
  readonly title: string
  /** Its bytes from one on, in pieces that come only as fast as they are taken. */
  readonly pieces: (from: number) => AsyncIterable<Buffer>
}

/** The snapshot on a host that keeps it. */
export function keptOn(
  session: Session,
  { name, bytes }: SnapshotRecord,
  signal: AbortSignal,
): SnapshotSource {
  return {
    title: session.host.name,
    pieces: (from) => piecesOf(session, databasePath(name), { bytes, from, signal }),
  }
}

/**
 * Keeps the snapshot on the step's host.
 * @returns whether it was copied; false if it was there already.
 * @throws QuorateError `SNAPSHOT_FAILED` if what arrived is something else, `DISK_FULL`.
 */
export async function keepCopy(
  context: HostContext,
  from: SnapshotSource,
  record: SnapshotRecord,
): Promise<boolean> {
  const { session, host, signal } = context
  if ((await soundness(session, record)) === 'sound') return false
  await refuseFullDisk(context, record.bytes)
  const path = databasePath(record.name)
  const part = `${path}.part`
  const rooted = { root: true, timeoutMs: 600_000 }
  expectSuccess(
    await session.run(script(`${MAKE_FOLDER}\n${CLEAR}`, SNAPSHOT_FOLDER, part), rooted),
    'making the folder of snapshots',
    host,
  )
  const report = (done: number) =>
    context.report(`${Math.round(done / 2 ** 20)} of ${Math.ceil(record.bytes / 2 ** 20)} MiB`)
  await appendRest(from.pieces, session, part, { signal, report })
  const known = recordPath(record.name)
  await session.writeFile(known, renderRecord(record), { mode: 0o600 })
  const finished = await session.run(
    script(FINISH, part, record.sha256, path, SNAPSHOT_FOLDER, known),
    rooted,
  )
  if (finished.exitCode === DIFFERS) {
    throw context.error('SNAPSHOT_FAILED', `what arrived from ${from.title} is not the snapshot`, {
      step: 'etcd snapshot',
    })
  }
  expectSuccess(finished, 'keeping the snapshot', host)
  return true
}
