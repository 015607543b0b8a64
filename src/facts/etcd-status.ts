/** How etcd's members stand, as each of them tells about itself. It needs no quorum. */

/** What a member says. Ids are in decimal digits: they are larger than a JavaScript number. */
export interface MemberStatus {
  /** The host that it runs on. */
  readonly host: string
  readonly memberId: string
  readonly clusterId: string
  /** Missing while the member knows of no leader. */
  readonly leaderId?: string
  /** E.g. `3.6.8`. */
  readonly version: string
  readonly revision: number
  /** Size of its database in bytes, and how much of it is in use. */
  readonly bytes: number
  readonly bytesInUse: number
  /** How large its database may get; members before 3.6 do not tell. */
  readonly quota?: number
  readonly learner: boolean
  readonly raftTerm: number
  readonly raftIndex: number
  readonly raftAppliedIndex: number
  /** Alarms of all members that this one knows of. */
  readonly alarms: readonly EtcdAlarm[]
}

/** `NOSPACE`: etcd takes no writes, because a database has reached its quota. `CORRUPT`: data of a member differ. */
interface EtcdAlarm {
  readonly memberId: string
  readonly alarm: string
}

/** By how many entries a member may lag behind the furthest one and still count as up to date. */
export const MOST_LAG = 1_000

/** How many entries of the log a member has not applied that the furthest one has. */
export function lagOf(member: MemberStatus, all: readonly MemberStatus[]): number {
  return Math.max(...all.map(({ raftAppliedIndex }) => raftAppliedIndex)) - member.raftAppliedIndex
}

/** Whether the member leads, as it says itself. */
export function leads({ leaderId, memberId }: MemberStatus): boolean {
  return leaderId === memberId
}

/** The alarms of one kind, and the members that raised them. */
export function hasAlarm(all: readonly MemberStatus[], alarm: string): boolean {
  return all.some(({ alarms }) => alarms.some((one) => one.alarm === alarm))
}

/**
 * Why no member may be disturbed now; undefined if all of them answer, vote, follow one leader and are up to date. An
 * alarm is no reason: making space is how NOSPACE ends.
 * @param listed the members that etcd lists, with their ids in hexadecimal digits.
 */
export function disturbanceObstacle(
  all: readonly MemberStatus[],
  listed: readonly { readonly id: string; readonly name: string }[],
): string | undefined {
  const silent = listed.find(({ id }) => all.every(({ memberId }) => BigInt(memberId).toString(16) !== id))
  if (silent !== undefined) return `the etcd member ${silent.name || silent.id} does not answer`
  const learner = all.find((one) => one.learner)
  if (learner !== undefined) return `the etcd member of ${learner.host} is still a learner`
  const headless = all.find(({ leaderId }) => leaderId === undefined)
  if (headless !== undefined) return `the etcd member of ${headless.host} knows of no leader`
  const [first] = all
  const other = all.find(({ leaderId, clusterId }) => {
    return leaderId !== first?.leaderId || clusterId !== first?.clusterId
  })
  if (other !== undefined) return `the etcd members of ${first?.host ?? ''} and ${other.host} do not agree`
  const late = all.find((one) => lagOf(one, all) > MOST_LAG)
  if (late !== undefined) return `the etcd member of ${late.host} is ${lagOf(late, all)} entries behind`
  return undefined
}
