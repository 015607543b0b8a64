/** No snapshot is taken or kept where it would fill the disk, which etcd itself and the kubelet need. */
import { HOST_PATHS } from '../../../cluster/host-paths.js'
import { expectSuccess, script } from '../../../ssh/index.js'
import type { HostContext } from '../../context.js'
import { readNumber } from '../../numbers.js'

/** A disk must have room for so many times what is written there. */
const ROOM = 2

// $1: the database, then folders. Prints the size of the database, and the KiB free where each folder is.
const LOOK = `
stat -c %s -- "$1" 2>/dev/null || echo 0
shift
for folder in "$@"; do
  while [ ! -d "$folder" ]; do folder=$(dirname -- "$folder"); done
  df -Pk "$folder" | awk 'END { print $4 }'
done`

/**
 * Refuses a host whose disks lack room.
 * @param bytes what will be written; the size of the member's database unless given.
 * @throws QuorateError `DISK_FULL`
 */
export async function refuseFullDisk(context: HostContext, bytes?: number): Promise<void> {
  const { session, host } = context
  const folders = bytes === undefined ? [HOST_PATHS.etcdData, HOST_PATHS.quorate] : [HOST_PATHS.quorate]
  const looked = await session.run(script(LOOK, `${HOST_PATHS.etcdMember}/snap/db`, ...folders), {
    root: true,
  })
  const { stdout } = expectSuccess(looked, 'looking at the disks', host)
  const [size, ...free] = stdout.trim().split('\n')
  const needed = ROOM * (bytes ?? readNumber(session, size, 'the size of its database'))
  for (const [index, folder] of folders.entries()) {
    const available = readNumber(session, free[index], `the free space under ${folder}`) * 1024
    if (available >= needed) continue
    const message = `${folder} has ${inMiB(available)} MiB free, and a snapshot needs ${inMiB(needed)}`
    throw context.error('DISK_FULL', message, { step: 'etcd snapshot' })
  }
}

function inMiB(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20)
}
