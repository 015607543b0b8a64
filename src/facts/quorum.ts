/**
 * What etcd's quorum allows: may members be away for a while, may one be removed, may one be added? The only place that
 * counts votes. Everything that stops a member or changes the membership asks here first, of members just looked at.
 */
import { peerUrl } from '../configuration/etcd/urls.js'
import type { Host } from '../cluster/model.js'

/** A member as the arithmetic needs it. */
export interface QuorumMember {
  /** Empty until it has started. */
  readonly name: string
  /** They tell one member from another: no two share one. */
  readonly peerUrls: readonly string[]
  /** A learner has no vote. */
  readonly learner: boolean
  /** Whether it answers for itself, and agrees with the majority. */
  readonly healthy: boolean
}

/** How many of `voters` must agree. */
export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1
}

/** Who would vote, which of them are healthy, and how many are needed. */
export interface Votes<Member extends QuorumMember = QuorumMember> {
  readonly voters: readonly Member[]
  readonly alive: readonly Member[]
  readonly quorum: number
}

/** The votes that remain when a member is removed. */
export function votesWithout<Member extends QuorumMember>(
  members: readonly Member[],
  leaving: QuorumMember,
): Votes<Member> {
  const voters = votersOf(members).filter((member) => !isSame(member, leaving))
  return { voters, alive: voters.filter(({ healthy }) => healthy), quorum: quorumOf(voters.length) }
}

/**
 * Why these members may not be stopped now, not even for a moment: a member is still being added, or too few healthy
 * voters would be left. The stopped ones keep their votes. etcd itself does not guard against this.
 */
export function outageObstacle(
  members: readonly QuorumMember[],
  leaving: readonly QuorumMember[],
): string | undefined {
  const isLeaving = (member: QuorumMember) => leaving.some((one) => isSame(one, member))
  const voters = votersOf(members)
  const alive = voters.filter((member) => member.healthy && !isLeaving(member))
  const others = members.filter((member) => !isLeaving(member))
  const names = leaving.map(memberTitle)
  const when = `while ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} down`
  return (
    unfinishedObstacle(others) ??
    shortage(when, { voters, alive, quorum: quorumOf(voters.length) }, others.filter(isDead))
  )
}

/**
 * Why a member may not be removed now: too few of the remaining voters would be healthy to decide anything. A learner
 * has no vote, so removing it costs nothing. Other members that are still being added do not block: they are removed
 * this way themselves after failed joins, and two of them must not wait for each other. A removal that nothing has made
 * necessary also asks {@link unfinishedObstacle}.
 */
export function removalObstacle(members: readonly QuorumMember[], leaving: QuorumMember): string | undefined {
  if (leaving.learner) return undefined
  const votes = votesWithout(members, leaving)
  return shortage(`without ${memberTitle(leaving)}`, votes, votes.voters.filter(isDead))
}

/**
 * Why no voter may be added now: another is still being added, or too few voters would be healthy if the new one never
 * started. The second voter is an exception, since no cluster can grow without it. etcd before 3.5.30 and 3.6.11
 * accepts no member at all while any voter is away.
 */
export function additionObstacle(members: readonly QuorumMember[]): string | undefined {
  const voters = votersOf(members)
  const alive = voters.filter(({ healthy }) => healthy)
  const quorum = voters.length <= 1 ? voters.length : quorumOf(voters.length + 1)
  return (
    unfinishedObstacle(members) ??
    shortage('with one more voter', { voters: [...voters, undefined], alive, quorum }, voters.filter(isDead))
  )
}

/** Why etcd is not whole, and the member concerned. */
export interface EtcdObstacle<Member extends QuorumMember = QuorumMember> {
  readonly reason: string
  readonly member: Member
}

/** Why etcd is not whole; undefined when every member is a started, healthy voter. */
export function wholenessObstacle<Member extends QuorumMember>(
  members: readonly Member[],
): EtcdObstacle<Member> | undefined {
  return (
    firstThat(members, ({ name }) => name === '', 'has not started') ??
    firstThat(members, ({ learner }) => learner, 'is still a learner') ??
    firstThat(members, isDead, 'is not healthy')
  )
}

/** Why the membership counts as unsettled: a member that has never started, or that does not vote yet. */
export function unfinishedObstacle(members: readonly QuorumMember[]): string | undefined {
  return wholenessObstacle(members.map((member) => ({ ...member, healthy: true })))?.reason
}

/** The member with this host's peer URL. */
export function memberOf<Member extends Pick<QuorumMember, 'peerUrls'>>(
  members: readonly Member[],
  host: Pick<Host, 'internalAddress'>,
): Member | undefined {
  return members.find(({ peerUrls }) => peerUrls.includes(peerUrl(host)))
}

/** The name by which people know a member; its peer URLs while it has none. */
export function memberTitle({ name, peerUrls }: Pick<QuorumMember, 'name' | 'peerUrls'>): string {
  return name === '' ? peerUrls.join(',') : name
}

/** Whether the member counts for quorum and has had data; it may have died since. */
export function isVoter({ name, learner }: Pick<QuorumMember, 'name' | 'learner'>): boolean {
  return name !== '' && !learner
}

/** Members with a vote. One that was added with a vote has it before it starts. */
function votersOf<Member extends QuorumMember>(members: readonly Member[]): readonly Member[] {
  return members.filter(({ learner }) => !learner)
}

function isDead({ healthy }: QuorumMember): boolean {
  return !healthy
}

function isSame(one: QuorumMember, other: QuorumMember): boolean {
  return one.peerUrls.some((url) => other.peerUrls.includes(url))
}

function firstThat<Member extends QuorumMember>(
  members: readonly Member[],
  isMeant: (member: Member) => boolean,
  state: string,
): EtcdObstacle<Member> | undefined {
  const member = members.find(isMeant)
  return member && { reason: `etcd member ${memberTitle(member)} ${state}`, member }
}

function shortage(
  when: string,
  {
    voters,
    alive,
    quorum,
  }: { readonly voters: readonly unknown[]; readonly alive: readonly unknown[]; readonly quorum: number },
  dead: readonly QuorumMember[],
): string | undefined {
  if (alive.length >= quorum) return undefined
  const names = dead.map(memberTitle).join(', ')
  return `${when} etcd would have ${alive.length} healthy of ${voters.length} voters, ${quorum} are needed; not healthy: ${names || 'none'}`
}
