/** Where a defragmentation gives enough space back to be worth the moment in which a member answers nobody. */
import type { MemberStatus } from '../../facts/etcd-status.js'

const MIB = 2 ** 20

/** A member is defragmented from these on, both of them. */
export const PAYS_FROM = { share: 0.45, bytes: 100 * MIB } as const

/** Bytes of the database that hold nothing. */
export function freeBytes({ bytes, bytesInUse }: Pick<MemberStatus, 'bytes' | 'bytesInUse'>): number {
  return Math.max(0, bytes - bytesInUse)
}

/** Whether it pays. A member that is out of space is worth any moment that gives space back. */
export function pays(member: MemberStatus): boolean {
  const free = freeBytes(member)
  const isFull = member.alarms.some(({ alarm }) => alarm === 'NOSPACE')
  if (isFull) return free > 0
  return free > PAYS_FROM.bytes && free >= member.bytes * PAYS_FROM.share
}

/** E.g. `410 of 620 MiB are free`. */
export function freeWords(member: Pick<MemberStatus, 'bytes' | 'bytesInUse'>): string {
  return `${inMiB(freeBytes(member))} of ${inMiB(member.bytes)} MiB are free`
}

function inMiB(bytes: number): number {
  return Math.round(bytes / MIB)
}
