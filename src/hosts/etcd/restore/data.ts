/**
 * The data of a restored member: made beside the old ones while those are still in use, and then put in their place. The
 * old ones stay, in a folder that is named after the operation that stopped the member.
 */
import { HOST_PATHS } from '../../../cluster/host-paths.js'
import { REVISION_BUMP, type DataOrder } from '../../../operations/restore/data.js'
import { command, expectSuccess, lastLines, script } from '../../../ssh/index.js'
import type { HostContext } from '../../context.js'
import { runDurably } from '../../durable.js'
import { databasePath } from '../snapshots/folder.js'

const STEP = 'etcd restore'
const FOLDER = HOST_PATHS.etcdData

/** In a member's folder: which operation has restored its data. etcd ignores it. */
const STAMP = 'quorate-restored'

/** Exit status of {@link RESTORE} when the image has no tool for it. */
const NO_TOOL = 6

// $1: the image, $2: etcd's folder, $3: the operation, $4: the snapshot, $5: the name of the stamp; then what etcdutl is
// told. The tool is in etcd's image only, and no container of it has to run: etcdutl is a static program.
const RESTORE = `
image=$1 folder=$2 operation=$3 snapshot=$4 stamp=$5
shift 5
umask 077
target=$folder/.restore-$operation
mounted=/run/quorate/etcd-image
release() {
  if mountpoint -q "$mounted"; then
    ctr --namespace k8s.io images unmount --rm "$mounted" >/dev/null 2>&1 || umount -- "$mounted"
  fi
}
trap release EXIT
trap 'exit 1' HUP INT TERM PIPE
release
rm -rf -- "$target"
mkdir -p -- "$mounted"
ctr --namespace k8s.io images mount "$image" "$mounted" >/dev/null
tool=
for path in usr/local/bin usr/bin bin; do
  if [ -x "$mounted/$path/etcdutl" ]; then tool=$mounted/$path/etcdutl; fi
done
[ -n "$tool" ] || exit ${NO_TOOL}
"$tool" snapshot restore "$snapshot" --data-dir "$target" "$@"
[ -d "$target/member/wal" ] && [ -f "$target/member/snap/db" ]
printf '%s\\n' "$operation" >"$target/member/$stamp"
if [ -d "$folder/member" ]; then chown -R --reference="$folder/member" -- "$target"; fi
sync -f -- "$target"`

/**
 * Restores the data of the step's member beside its old data.
 * @returns false if this operation has done so before.
 * @throws QuorateError `RESTORE_FAILED`, `DISK_FULL`.
 */
export async function restoreData(context: HostContext, order: DataOrder): Promise<boolean> {
  const { operation } = context
  const place = await placeOf(context)
  if (place.placed === operation || place.beside === operation) return false
  const { image, member, source } = order
  const isSnapshot = source.kind === 'snapshot'
  const file = isSnapshot ? databasePath(source.name) : `${HOST_PATHS.etcdMember}/snap/db`
  await runDurably(context, {
    unit: 'etcd-restore',
    title: STEP,
    command: script(RESTORE, image, FOLDER, operation, file, STAMP, ...argumentsOf(operation, order)),
    failure: (exitCode, output) => {
      const what = exitCode === NO_TOOL ? `${image} has no etcdutl` : `etcdutl ended with ${exitCode}`
      return context.error('RESTORE_FAILED', `the data of ${member.name} cannot be restored: ${what}`, {
        step: STEP,
        output: lastLines(output),
      })
    },
  })
  const made = await placeOf(context)
  if (made.beside === operation) return true
  throw context.error('RESTORE_FAILED', `etcdutl left no data for ${member.name}`, { step: STEP })
}

/** All members of one operation get the same token, and thereby the same new id of the cluster; no other ever does. */
function argumentsOf(operation: string, { member, members, source }: DataOrder): readonly string[] {
  return [
    '--name',
    member.name,
    '--initial-advertise-peer-urls',
    member.peerUrl,
    '--initial-cluster',
    members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(','),
    '--initial-cluster-token',
    `quorate-restore-${operation}`,
    '--bump-revision',
    String(REVISION_BUMP),
    '--mark-compacted',
    ...(source.kind === 'database' ? ['--skip-hash-check'] : []),
  ]
}

/** The folder in which the data stay that a member had before the operation stopped it. */
export function oldFolder(origin: string): string {
  return `${FOLDER}/${nameOf(origin)}`
}

function nameOf(origin: string): string {
  return `member.old-${origin}`
}

/** Where restored data are, by the operations that made them. */
interface DataPlace {
  /** Those that the member starts with. */
  readonly placed: string
  /** Those beside. */
  readonly beside: string
}

// $1: etcd's folder, $2: the operation, $3: the name of the stamp.
const LOOK = `
cat -- "$1/member/$3" 2>/dev/null || echo
cat -- "$1/.restore-$2/member/$3" 2>/dev/null || echo`

async function placeOf({ session, host, operation }: HostContext): Promise<DataPlace> {
  const looked = await session.run(script(LOOK, FOLDER, operation, STAMP), { root: true })
  const [placed = '', beside = ''] = expectSuccess(looked, 'looking for restored data', host).stdout.split(
    '\n',
  )
  return { placed, beside }
}

// Moves away data that are no longer wanted before it removes them: half removed, they would not bear the stamp any more,
// and nobody would dare to touch them.
const WITHDRAWN = `
withdraw() {
  rm -rf -- .restore-withdrawn
  if [ -e member ]; then mv -- member .restore-withdrawn; fi
}`

// $1: etcd's folder, $2: the operation, $3: the folder for the old data, $4: the name of the stamp, $5: the mark of a
// restore that may go back. Data that an earlier restore has put there were never in use, so only what was there before it
// is kept. If that is nothing, an empty folder says so.
const PLACE = `${WITHDRAWN}
cd -- "$1"
if [ "$(cat -- "member/$4" 2>/dev/null)" = "$2" ]; then exit 0; fi
[ -d ".restore-$2/member" ]
if [ -e "$3" ]; then withdraw; elif [ -e member ]; then mv -- member "$3"; elif [ -e "$5" ]; then mkdir -- "$3"; fi
sync -- .
mv -- ".restore-$2/member" member
rmdir -- ".restore-$2"
sync -- .
rm -rf -- .restore-withdrawn
echo placed`

/**
 * Puts restored data in the place of the old ones. Only while nothing of etcd runs on the host.
 * @param origin the operation that stopped the member.
 * @returns false if they were there already.
 */
export async function placeData({ session, host, operation }: HostContext, origin: string): Promise<boolean> {
  const place = script(PLACE, FOLDER, operation, nameOf(origin), STAMP, HOST_PATHS.restoring)
  const placed = await session.run(place, { root: true, timeoutMs: 300_000 })
  return expectSuccess(placed, 'putting the restored data in place', host).stdout.trim() !== ''
}

/** Whether the member would start with data that a restore has put in place and that nobody has accepted yet. */
export async function isPlaced(context: HostContext, origin: string): Promise<boolean> {
  const { session } = context
  const { placed } = await placeOf(context)
  const old = await session.run(command('test', '-e', oldFolder(origin)), { root: true })
  return placed !== '' && old.exitCode === 0
}

// $1: etcd's folder, $2: the name of the stamp, $3: etcd's manifest, $4: the same aside.
const WITHDRAW = `
cd -- "$1" 2>/dev/null || exit 0
if [ -e "member/$2" ] && [ ! -e "$3" ] && [ ! -e "$4" ]; then rm -rf -- member; fi`

/** Removes restored data from a host that has no manifest of etcd anywhere: no member has started with them. */
export async function withdrawData({ session, host }: HostContext): Promise<void> {
  const manifests = [HOST_PATHS.etcdManifest, `${HOST_PATHS.manifestsAside}/etcd.yaml`]
  const withdrawn = await session.run(script(WITHDRAW, FOLDER, STAMP, ...manifests), {
    root: true,
    timeoutMs: 300_000,
  })
  expectSuccess(withdrawn, 'removing data that no member has started with', host)
}

// $1: etcd's folder, $2: the folder with the old data, $3: the name of the stamp. Killed on the way, it finds the old data
// where they are.
const TAKE_BACK = `${WITHDRAWN}
cd -- "$1"
[ -e "$2" ] || exit 0
if [ -e member ]; then [ -e "member/$3" ]; fi
withdraw
rmdir -- "$2" 2>/dev/null || mv -- "$2" member
sync -- .
rm -rf -- .restore-withdrawn
echo back`

/**
 * Puts the old data back. Only while nothing of etcd runs on the host.
 * @returns false if they are in place.
 */
export async function takeDataBack({ session, host }: HostContext, origin: string): Promise<boolean> {
  const back = script(TAKE_BACK, FOLDER, nameOf(origin), STAMP)
  const done = await session.run(back, { root: true, timeoutMs: 300_000 })
  return expectSuccess(done, 'putting the old data back', host).stdout.trim() !== ''
}

// $1: etcd's folder, $2: the folder of old data that stays, or nothing.
const CLEAR = `
cd -- "$1" 2>/dev/null || exit 0
rm -rf -- .restore-*
[ -n "$2" ] || exit 0
for old in member.old-*; do
  if [ "$old" = "\${2##*/}" ] || [ ! -e "$old" ]; then continue; fi
  rm -rf -- "$old"
  echo "$old"
done`

/**
 * Removes data that were restored and not used.
 * @param kept also removes old data, except in this folder.
 * @returns the names of the folders with old data that were removed.
 */
export async function clearData({ session, host }: HostContext, kept?: string): Promise<readonly string[]> {
  const cleared = await session.run(script(CLEAR, FOLDER, kept ?? ''), { root: true, timeoutMs: 300_000 })
  const { stdout } = expectSuccess(cleared, 'removing data that are not used', host)
  return stdout.split('\n').filter((line) => line !== '')
}
