/**
 * etcd as its documentation and source describe it: votes, membership changes and their guards. One lineage is one
 * history of data; two lineages are two clusters, whatever their ids say.
 */
import type { EtcdMember } from '../../../src/hosts/etcd/members.js'

/** A member that changes. */
export type Member = { -readonly [Key in keyof EtcdMember]: EtcdMember[Key] }

/** One history of data, and the state of Kubernetes in it. */
export interface Lineage {
  readonly title: string
  members: Member[]
  /** Whether kubeadm has stored the cluster's configuration. */
  configured: boolean
  readonly nodes: Map<string, 'unmarked' | 'marked'>
}

/** Up to 3.6.10 and 3.5.29 no member is added while any voter is away; later only quorum counts. */
export type EtcdAge = 'old' | 'new'

/** Answers who is alive; etcd asks its peers. */
export type IsAlive = (lineage: Lineage, member: Member) => boolean

export function votersOf({ members }: Lineage): readonly Member[] {
  return members.filter(({ learner }) => !learner)
}

/** Counted here once more, so that an error in the product's arithmetic cannot hide in the model. */
export function majority(voters: number): number {
  return (voters - (voters % 2)) / 2 + 1
}

export function hasQuorum(lineage: Lineage, isAlive: IsAlive): boolean {
  const voters = votersOf(lineage)
  let alive = 0
  for (const voter of voters) if (isAlive(lineage, voter)) alive += 1
  return alive >= majority(voters.length)
}

/** etcd's `mayAddMember`, for a learner. */
export function addLearner(
  lineage: Lineage,
  added: { readonly id: string; readonly url: string },
  age: EtcdAge,
  isAlive: IsAlive,
): boolean {
  if (!hasQuorum(lineage, isAlive)) return false
  if (lineage.members.some(({ learner, peerUrls }) => learner || peerUrls.includes(added.url))) return false
  if (age === 'old' && !votersOf(lineage).every((voter) => isAlive(lineage, voter))) return false
  lineage.members.push({
    id: added.id,
    name: '',
    started: false,
    learner: true,
    peerUrls: [added.url],
    clientUrls: [],
  })
  return true
}

/** etcd's `mayPromoteMember`: the learner runs and has caught up. */
export function promote(lineage: Lineage, member: Member, isAlive: IsAlive): boolean {
  if (!hasQuorum(lineage, isAlive) || !isAlive(lineage, member)) return false
  member.learner = false
  return true
}

/** etcd's `mayRemoveMember` with strict reconfiguration checks. Says nothing about a member that is already gone. */
export function removeById(lineage: Lineage, id: string, isAlive: IsAlive): boolean {
  if (!hasQuorum(lineage, isAlive)) return false
  const member = lineage.members.find((one) => one.id === id)
  if (member === undefined) return false
  if (!member.learner) {
    const voters = votersOf(lineage)
    const rest = voters.filter((voter) => voter !== member)
    if (rest.filter(({ started }) => started).length < majority(rest.length)) return false
    const connected = voters.filter((voter) => isAlive(lineage, voter)).length
    if (isAlive(lineage, member) && connected - 1 < 1 + Math.floor((voters.length - 1) / 2)) return false
  }
  lineage.members = lineage.members.filter((one) => one !== member)
  return true
}
