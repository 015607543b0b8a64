/** Whether a folder can be trusted with the engine's files: nobody else can change them, and locks on them hold. */
import { statfsSync, statSync, type Stats } from 'node:fs'
import { platform } from 'node:os'
import { dirname } from 'node:path'

/** What is wrong with a folder, and how to go on. */
export interface FolderProblem {
  readonly message: string
  readonly hint: string
}

const ELSEWHERE = 'set QUORATE_HOME to a folder of your own on a local disk'
const ROOT = 0
const GROUP_WRITES = 0o020
const OTHERS_WRITE = 0o002
const STICKY = 0o1000

/**
 * Filesystems that several machines share, by their Linux magic numbers (statfs). SQLite's write-ahead log and its
 * locks do not work across machines.
 */
const NETWORK_FILESYSTEMS: Readonly<Record<number, string>> = {
  0x00006969: 'NFS',
  0x0000517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB',
  0x5346414f: 'AFS',
  0x6b414653: 'AFS',
  0x73757245: 'Coda',
  0x00c36400: 'Ceph',
  0x47504653: 'GPFS',
  0x0bd00bd0: 'Lustre',
  0x19830326: 'BeeGFS',
  0x01161970: 'GFS2',
  0x7461636f: 'OCFS2',
  0x01021997: '9p',
}

/** Why the folder, given without symbolic links, cannot be used; undefined if it can. */
export function unsafeFolder(
  folder: string,
  filesystemOf: (path: string) => number = (path) => statfsSync(path).type,
): FolderProblem | undefined {
  const stats = statSync(folder)
  if (!stats.isDirectory()) return { message: `${folder} is not a folder`, hint: ELSEWHERE }
  return (
    ownFolderProblem(folder, stats) ??
    parents(folder).reduce<FolderProblem | undefined>(
      (found, parent) => found ?? parentProblem(parent),
      undefined,
    ) ??
    filesystemProblem(folder, filesystemOf)
  )
}

function ownFolderProblem(folder: string, stats: Stats): FolderProblem | undefined {
  if (!isOwn(stats)) return { message: `${folder} belongs to another user (${stats.uid})`, hint: ELSEWHERE }
  if ((stats.mode & (GROUP_WRITES | OTHERS_WRITE)) === 0) return undefined
  return {
    message: `others may write to ${folder}`,
    hint: `if it is only for quorate, run \`chmod 700 ${folder}\`; otherwise ${ELSEWHERE}`,
  }
}

/** Whoever can rename the folder can put another one in its place. */
function parentProblem(folder: string): FolderProblem | undefined {
  const stats = statSync(folder)
  const { uid, gid, mode } = stats
  if (uid !== ROOT && !isOwn(stats)) {
    return {
      message: `${folder}, above the engine's folder, belongs to another user (${uid})`,
      hint: ELSEWHERE,
    }
  }
  if ((mode & STICKY) !== 0) return undefined
  // On many systems each user has a group of their own, which may write.
  const byGroup = (mode & GROUP_WRITES) !== 0 && gid !== ROOT && gid !== process.getgid?.()
  if ((mode & OTHERS_WRITE) === 0 && !byGroup) return undefined
  return {
    message: `others may write to ${folder}, above the engine's folder, and could replace that folder`,
    hint: `run \`chmod go-w ${folder}\`, or ${ELSEWHERE}`,
  }
}

function filesystemProblem(
  folder: string,
  filesystemOf: (path: string) => number,
): FolderProblem | undefined {
  if (platform() !== 'linux') return undefined
  const name = NETWORK_FILESYSTEMS[filesystemOf(folder) >>> 0]
  if (name === undefined) return undefined
  return {
    message: `${folder} is on a network filesystem (${name}), where the engine's database cannot be locked`,
    hint: `${ELSEWHERE}, such as QUORATE_HOME=/var/tmp/quorate-$USER`,
  }
}

function isOwn({ uid }: Stats): boolean {
  return process.getuid === undefined || uid === process.getuid()
}

function parents(folder: string): string[] {
  const parent = dirname(folder)
  return parent === folder ? [] : [parent, ...parents(parent)]
}
