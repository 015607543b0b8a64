/** Where a defragmentation gives enough space back to be worth the moment in which a member answers nobody. */
import { hasAlarm, type MemberStatus } from '../../facts/etcd-status.js'

const MIB = 2 ** 20

/** A member is defragmented from these on, both of them. */
const PAYS_FROM = { share: 0.45, bytes: 100 * MIB } as const

/** Bytes of the database that hold nothing. */
function freeBytes({ bytes, bytesInUse }: Pick<MemberStatus, 'bytes' | 'bytesInUse'>): number {
  return Math.max(0, bytes - bytesInUse)
}

/** Whether it pays. While etcd is out of space and takes no writes, it does for every member. */
export function pays(member: MemberStatus): boolean {
  if (hasAlarm([member], NO_SPACE)) return true
  const free = freeBytes(member)
  return free > PAYS_FROM.bytes && free >= member.bytes * PAYS_FROM.share
}

/** The alarm of an etcd that takes no writes, because a database has reached its quota. */
export const NO_SPACE = 'NOSPACE'

/** etcd's own, which kubeadm does not change; members before 3.6 do not tell theirs. */
const DEFAULT_QUOTA = 2 * 1024 * MIB

/** From which share of its quota on a database counts as full: the alarm would soon come back. */
const FULL_FROM = 0.9

/** Whether the database has room below its quota. */
export function hasRoom({ bytes, quota = DEFAULT_QUOTA }: Pick<MemberStatus, 'bytes' | 'quota'>): boolean {
  return bytes < quota * FULL_FROM
}

/** E.g. `410 of 620 MiB are free`. */
export function freeWords(member: Pick<MemberStatus, 'bytes' | 'bytesInUse'>): string {
  return `${inMiB(freeBytes(member))} of ${inMiB(member.bytes)} MiB are free`
}

function inMiB(bytes: number): number {
  return Math.round(bytes / MIB)
}
