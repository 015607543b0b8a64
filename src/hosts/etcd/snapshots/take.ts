/**
 * Takes snapshots of etcd on the host of a member. kubeadm's own backup is a copy of files that etcd is writing, and of no
 * use; this one is what etcd itself gives out, checked by the digest at its end and read by etcd's own tool.
 */
import { HOST_PATHS } from '../../../cluster/host-paths.js'
import { snapshotName, type SnapshotRecord } from '../../../operations/snapshot-record.js'
import { command, expectSuccess, lastLines, script } from '../../../ssh/index.js'
import { defined } from '../../../values/defined.js'
import { runDurably } from '../../durable.js'
import type { HostContext } from '../../context.js'
import { layoutOnHost } from '../../encryption/layout-on-host.js'
import { etcdctlCommand } from '../members.js'
import { memberStatus } from '../status.js'
import {
  databasePath,
  IS_WHOLE,
  keptSnapshots,
  READING_MS,
  recordPath,
  SNAPSHOT_FOLDER,
  soundness,
} from './folder.js'
import { readableSnapshot } from './inspect.js'
import { refuseFullDisk } from './space.js'

const STEP = 'etcd snapshot'

/** What a snapshot is taken for. */
export interface SnapshotOrder {
  /** Tells it from others of the operation, e.g. `before-v1-37-2`. */
  readonly occasion?: string
  /** Its revision may be lower than that of an earlier one. */
  readonly mayBeBehind?: boolean
}

/** A snapshot that was verified. */
export interface TakenSnapshot {
  readonly record: SnapshotRecord
  /** Whether this call took it; otherwise an earlier attempt of the operation has. */
  readonly isNew: boolean
}

/**
 * Takes a snapshot from the member on the step's host, once for this operation and occasion.
 * @throws QuorateError `SNAPSHOT_FAILED`, `SNAPSHOT_BEHIND`, `DISK_FULL`.
 */
export async function takeSnapshot(
  context: HostContext,
  { occasion, mayBeBehind = false }: SnapshotOrder = {},
): Promise<TakenSnapshot> {
  const { session, cluster, operation } = context
  const tag = occasion === undefined ? operation : `${operation}-${occasion}`
  const earlier = await keptSnapshots(session, cluster.name)
  for (const { record } of earlier.filter(({ record: { name } }) => name.endsWith(`-${tag}`))) {
    if ((await soundness(session, record)) === 'sound') return { record, isNew: false }
  }
  // Of the host's folders, the member's container has only that of its data. etcd ignores other files there.
  const saved = `${HOST_PATHS.etcdData}/quorate-${tag}.db`
  const there = await session.run(command('test', '-e', saved), { root: true })
  if (there.exitCode !== 0) {
    await refuseFullDisk(context)
    await save(context, tag, saved)
  }
  const record = await judge(context, tag, saved)
  if (!mayBeBehind) {
    refuseBehind(
      context,
      record,
      earlier.map((one) => one.record),
    )
  }
  await keep(context, saved, record)
  return { record, isNew: true }
}

// $1: the folder of etcd's data, $2: the file of this operation. Operations that have ended may have left theirs there.
const CLEAR = `
for file in "$1"/quorate-*.db "$1"/quorate-*.db.part; do
  [ "$file" = "$2" ] || rm -f -- "$file"
done`

/** etcdctl writes beside the file and renames it at its end, so the file is never half a snapshot. */
async function save(context: HostContext, tag: string, saved: string): Promise<void> {
  const { session, host } = context
  await runDurably(context, {
    unit:
      tag === context.operation
        ? 'etcd-snapshot'
        : `etcd-snapshot-${tag.slice(context.operation.length + 1)}`,
    title: STEP,
    command: etcdctlCommand(host, 'snapshot', 'save', saved),
    prepare: async () => {
      const cleared = await session.run(script(CLEAR, HOST_PATHS.etcdData, saved), { root: true })
      expectSuccess(cleared, 'clearing up after earlier snapshots', host)
      return {}
    },
    failure: (exitCode, output) =>
      context.error('SNAPSHOT_FAILED', `etcdctl snapshot save ended with ${exitCode}`, {
        step: STEP,
        output: lastLines(output),
      }),
  })
}

/** Exit status of {@link READ}. */
const BROKEN = 4

// $1: what etcdctl saved. Prints its size, when it was written, and its SHA-256.
const READ = `${IS_WHOLE}
is_whole "$1" || { rm -f -- "$1"; exit ${BROKEN}; }
stat -c '%s %Y' -- "$1"
sha256sum <"$1" | cut -d ' ' -f 1`

/** Verifies what was saved, and says what it is. The same file always gets the same name. */
async function judge(context: HostContext, tag: string, saved: string): Promise<SnapshotRecord> {
  const { session, cluster, host } = context
  const read = await session.run(script(READ, saved), { root: true, timeoutMs: READING_MS })
  if (read.exitCode === BROKEN) {
    throw context.error('SNAPSHOT_FAILED', 'the snapshot is not whole: its digest does not fit', {
      step: STEP,
    })
  }
  const [sizes = '', sha256 = ''] = expectSuccess(read, 'reading the snapshot', host).stdout.split('\n')
  const [bytes = 0, seconds = 0] = sizes.split(' ').map(Number)
  const found = await readableSnapshot(context, saved)
  const { memberId, clusterId, version, revision: now } = await memberStatus(session)
  const revision = found?.revision ?? now
  return {
    name: snapshotName({ cluster: cluster.name, takenAt: seconds * 1000, revision, tag }),
    cluster: cluster.name,
    takenAt: new Date(seconds * 1000).toISOString(),
    host: host.name,
    memberId,
    clusterId,
    revision,
    ...defined({ keys: found?.keys }),
    etcdVersion: version,
    kubernetesVersion: cluster.kubernetes.version,
    ...defined({ caHash: cluster.caHash, encryption: await layoutOnHost(session) }),
    bytes,
    sha256,
  }
}

/** Revisions only grow, unless etcd was restored; another etcd has another id. */
function refuseBehind(
  context: HostContext,
  { revision, clusterId }: SnapshotRecord,
  earlier: readonly SnapshotRecord[],
): void {
  const ahead = earlier
    .filter((one) => one.clusterId === clusterId && one.revision > revision)
    .toSorted((a, b) => b.revision - a.revision)[0]
  if (ahead === undefined) return
  const message = `the snapshot is at revision ${revision}, but ${ahead.name} was at ${ahead.revision} already`
  throw context.error('SNAPSHOT_BEHIND', message, { step: STEP })
}

// $1: what etcdctl saved, $2: the folder, $3: the file to keep it as.
const KEEP = `
chmod 600 -- "$1"
sync -- "$1"
mv -f -- "$1" "$3.new"
sync -- "$3.new"
mv -f -- "$3.new" "$3"
sync -- "$2"`

// $1: the folder.
export const MAKE_FOLDER = `(umask 077 && mkdir -p -- "$1") && chmod 700 -- "$1"`

/** Puts the snapshot in its place, and the record before it. */
async function keep({ session, host }: HostContext, saved: string, record: SnapshotRecord): Promise<void> {
  expectSuccess(
    await session.run(script(MAKE_FOLDER, SNAPSHOT_FOLDER), { root: true }),
    'making the folder of snapshots',
    host,
  )
  await session.writeFile(recordPath(record.name), renderRecord(record), { mode: 0o600 })
  const kept = await session.run(script(KEEP, saved, SNAPSHOT_FOLDER, databasePath(record.name)), {
    root: true,
    timeoutMs: READING_MS,
  })
  expectSuccess(kept, 'keeping the snapshot', host)
}

/** The record as it is written down. */
export function renderRecord(record: SnapshotRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`
}
