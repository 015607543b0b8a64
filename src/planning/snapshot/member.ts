/** Which member a snapshot is taken from. */
import { lagOf, leads, MOST_LAG, type MemberStatus } from '../../facts/etcd-status.js'

/**
 * A follower that is up to date spares the leader; of several, the one that lags least, then the first. The leader comes
 * next. A member that lags, that is alone or does not vote is taken only if there is no other, since its snapshot lacks
 * what it has not applied.
 * @returns undefined if no member answers, or only such as etcd itself calls corrupt.
 */
export function memberToAsk(all: readonly MemberStatus[]): MemberStatus | undefined {
  const corrupt = new Set(
    all.flatMap(({ alarms }) =>
      alarms.filter(({ alarm }) => alarm === 'CORRUPT').map(({ memberId }) => memberId),
    ),
  )
  const sound = all.filter(({ memberId }) => !corrupt.has(memberId))
  const rank = (one: MemberStatus): readonly number[] => {
    const isWell = one.leaderId !== undefined && !one.learner && lagOf(one, sound) <= MOST_LAG
    return [Number(!isWell), Number(isWell && leads(one)), lagOf(one, sound)]
  }
  return sound.toSorted((a, b) => compare(rank(a), rank(b)))[0]
}

/** Why the snapshot of that member may lack something; undefined if it does not. */
export function memberDoubt(member: MemberStatus, all: readonly MemberStatus[]): string | undefined {
  const lag = lagOf(member, all)
  if (member.leaderId === undefined)
    return 'etcd has no quorum: the snapshot has what its member had applied, and no more'
  if (member.learner) return 'its member is still a learner'
  return lag > MOST_LAG ? `its member is ${lag} entries behind` : undefined
}

function compare(one: readonly number[], other: readonly number[]): number {
  const index = one.findIndex((value, at) => value !== other[at])
  return index < 0 ? 0 : (one[index] ?? 0) - (other[index] ?? 0)
}
