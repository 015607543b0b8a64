/**
 * Snapshots of etcd on the host of a member. kubeadm's own backup is a copy of files that etcd is writing, and of no use;
 * this one is what etcd itself gives out, checked by the digest at its end.
 */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { command, expectSuccess, lastLines, script } from '../../ssh/index.js'
import { runDurably } from '../durable.js'
import type { HostContext } from '../context.js'
import { etcdctlCommand } from './members.js'

/** Where snapshots are kept. */
const SNAPSHOT_FOLDER = `${HOST_PATHS.quorate}/snapshots`

/** How many are kept on a host, the newest. */
const KEPT = 3

/** A whole page, and the digest after it: whatever is shorter is no snapshot. */
const LEAST_BYTES = 4096

/** Exit statuses of {@link VERIFY}. */
const STATUS = { missing: 3, invalid: 4 } as const

// $1: the file. A snapshot is etcd's database, whose size is a multiple of 512, and the SHA-256 of it.
const IS_VALID = `
is_valid() {
  size=$(stat -c %s -- "$1")
  [ "$size" -gt ${LEAST_BYTES} ] && [ $((size % 512)) = 32 ] || return 1
  said=$(tail -c 32 -- "$1" | od -An -v -tx1 | tr -d ' \\n')
  [ "$said" = "$(head -c -32 -- "$1" | sha256sum | cut -d ' ' -f 1)" ]
}`
const VERIFY = `${IS_VALID}
[ -e "$1" ] || exit ${STATUS.missing}
is_valid "$1" || exit ${STATUS.invalid}
stat -c %s -- "$1"`

// $1: what etcdctl saved, $2: the folder, $3: the name to keep it under, $4: how many to keep.
const KEEP = `${IS_VALID}
is_valid "$1" || { rm -f -- "$1"; exit ${STATUS.invalid}; }
umask 077
mkdir -p -- "$2"
chmod 700 -- "$2"
chmod 600 -- "$1"
sync -- "$1"
mv -f -- "$1" "$2/$3.new"
sync -- "$2/$3.new"
mv -f -- "$2/$3.new" "$2/$3"
sync -- "$2"
ls -1t -- "$2" | grep '\\.db$' | tail -n +$(($4 + 1)) | while read -r old; do rm -f -- "$2/$old"; done
stat -c %s -- "$2/$3"`

/** A snapshot that was verified. */
interface Snapshot {
  readonly path: string
  readonly bytes: number
  /** Whether this call took it; otherwise an earlier attempt of the operation has. */
  readonly isNew: boolean
}

/**
 * Takes a snapshot from the member on the step's host, once for this operation and name.
 * @param name tells it from others, e.g. `before-v1-37-2`.
 * @throws QuorateError `SNAPSHOT_FAILED`, `DISK_FULL`.
 */
export async function takeSnapshot(context: HostContext, name: string): Promise<Snapshot> {
  const { session, host, operation } = context
  const file = `${operation}-${name}.db`
  const path = `${SNAPSHOT_FOLDER}/${file}`
  const known = await session.run(script(VERIFY, path), { root: true, timeoutMs: 300_000 })
  if (known.exitCode === 0) return { path, bytes: Number(known.stdout), isNew: false }
  // Of the host's folders, the member's container has only that of its data. etcd ignores other files there.
  const saved = `${HOST_PATHS.etcdData}/quorate-${file}`
  const there = await session.run(command('test', '-e', saved), { root: true })
  if (there.exitCode !== 0) await save(context, name, saved)
  const kept = await session.run(script(KEEP, saved, SNAPSHOT_FOLDER, file, String(KEPT)), {
    root: true,
    timeoutMs: 300_000,
  })
  if (kept.exitCode === STATUS.invalid) {
    throw context.error('SNAPSHOT_FAILED', 'the snapshot is not whole: its digest does not fit', {
      step: 'etcd snapshot',
    })
  }
  return { path, bytes: Number(expectSuccess(kept, 'keeping the snapshot', host).stdout), isNew: true }
}

/** etcdctl writes beside the file and renames it at its end, so the file is never half a snapshot. */
async function save(context: HostContext, name: string, saved: string): Promise<void> {
  await runDurably(context, {
    unit: `etcd-snapshot-${name}`,
    title: 'etcd snapshot',
    command: etcdctlCommand(context.host, 'snapshot', 'save', saved),
    failure: (exitCode, output) =>
      context.error('SNAPSHOT_FAILED', `etcdctl snapshot save ended with ${exitCode}`, {
        step: 'etcd snapshot',
        output: lastLines(output),
      }),
  })
}
