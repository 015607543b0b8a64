/** What the host of a member shows before a restore. */
import { parse } from 'yaml'
import { HOST_PATHS } from '../../../cluster/host-paths.js'
import { commandOf, imageOf } from '../../../configuration/kubeadm/static-pod.js'
import type { EtcdPod, RestoreLook } from '../../../planning/restore/look.js'
import { expectSuccess, script, type Session } from '../../../ssh/index.js'
import { defined } from '../../../values/defined.js'
import { isPlainObject } from '../../../values/merge.js'
import type { HostContext } from '../../context.js'
import { readNumber } from '../../numbers.js'
import { layoutOnHost } from '../../encryption/layout-on-host.js'
import { judgedMembers } from '../members.js'
import { keptSnapshots } from '../snapshots/folder.js'
import { memberStatus } from '../status.js'

// $1: etcd's folder, $2: the mark of a restore. Prints the KiB free, the bytes of the database, whether there is a log, and
// the restore's operation.
const LOOK = `
folder=$1
while [ ! -d "$folder" ]; do folder=$(dirname -- "$folder"); done
df -Pk "$folder" | awk 'END { print $4 }'
stat -c %s -- "$1/member/snap/db" 2>/dev/null || echo none
if [ -e "$1/member/wal" ]; then echo log; else echo none; fi
cat -- "$2" 2>/dev/null || true`

/** Looks at the host of the step. Nothing of it has to run. */
export async function lookForRestore({ session, host, cluster }: HostContext): Promise<RestoreLook> {
  const seen = await session.run(script(LOOK, HOST_PATHS.etcdData, HOST_PATHS.restoring), { root: true })
  const { stdout } = expectSuccess(seen, "looking at etcd's data", host)
  const [free = '', size = '', log = '', unfinished = ''] = stdout.split('\n').map((line) => line.trim())
  const kept = await keptSnapshots(session, cluster.name)
  const pod = await etcdPod(session)
  return {
    host: host.name,
    snapshots: kept.map(({ record }) => record),
    ...defined({
      pod,
      encryption: await layoutOnHost(session),
      status: await memberStatus(session).catch(() => undefined),
      members: await judgedMembers(session).catch(() => undefined),
    }),
    hasData: size !== 'none',
    ...(log === 'none' ? { lacksLog: true } : {}),
    freeBytes: readNumber(session, free, `the free space under ${HOST_PATHS.etcdData}`) * 1024,
    dataBytes: size === 'none' ? 0 : readNumber(session, size, "the size of etcd's database"),
    ...(unfinished === '' ? {} : { unfinished }),
  }
}

async function etcdPod(session: Session): Promise<EtcdPod | undefined> {
  const own = await session.readFile(HOST_PATHS.etcdManifest)
  const aside = own ?? (await session.readFile(`${HOST_PATHS.manifestsAside}/etcd.yaml`))
  return aside === undefined ? undefined : readPod(aside.toString(), own === undefined)
}

/** Reads etcd's manifest; undefined if it is not one as kubeadm writes it. */
export function readPod(text: string, isAside: boolean): EtcdPod | undefined {
  const pod = parsed(text)
  if (!isPlainObject(pod)) return undefined
  const command = commandOf(pod)
  const valueOf = (name: string) =>
    command.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3)
  const [image, name, peerUrl] = [imageOf(pod), valueOf('name'), valueOf('initial-advertise-peer-urls')]
  if (image === undefined || name === undefined || peerUrl === undefined) return undefined
  const folders = [valueOf('data-dir'), valueOf('wal-dir')].filter((folder) => folder !== undefined)
  return { image, name, peerUrl, dataFolder: folders.join(', '), isAside }
}

function parsed(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}
