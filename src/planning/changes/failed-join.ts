/** What is done about a control plane's failed join: how it is undone, and what leaving its host out would mean. */
import { isVoter, removalObstacle, votesWithout, type QuorumMember } from '../../facts/quorum.js'
import type { SkipConsequence } from '../../operations/steps.js'

/** What is left of a join: of its etcd member, on its host, and in the API. */
export interface JoinRemains {
  readonly member: boolean
  readonly etcdData: boolean
  /** kubeadm has run on the host and left anything. */
  readonly traces: boolean
  readonly node: boolean
}

/**
 * `prove-own`: the data must be proved to belong to no other cluster. `take-member-out`: etcd forgets the member, if
 * quorum allows. `reset`: the host forgets. `delete-node`: the API forgets.
 */
export type UndoStep = 'prove-own' | 'take-member-out' | 'reset' | 'delete-node'

/** How the join is undone, in an order that is safe wherever a crash cuts it off. */
export function undoSteps({ member, etcdData, traces, node }: JoinRemains): readonly UndoStep[] {
  return [
    ...(!member && etcdData ? (['prove-own'] as const) : []),
    ...(member ? (['take-member-out'] as const) : []),
    ...(traces ? (['reset'] as const) : []),
    ...(node ? (['delete-node'] as const) : []),
  ]
}

/** What a failed join has left in etcd before its step is parked. */
export interface Settlement {
  /** The member is removed if the join has surely ended: it can never start, and others would wait for it. */
  readonly isRemoved: boolean
  /** What leaving the host out means. */
  readonly consequence: SkipConsequence
}

/** Judges the member that a failed join of `host` has left. */
export function settleMember(
  members: readonly QuorumMember[],
  member: QuorumMember,
  host: string,
): Settlement {
  const obstacle = removalObstacle(members, member)
  if (!isVoter(member)) return { isRemoved: obstacle === undefined, consequence: {} }
  if (obstacle !== undefined) {
    const way = `bring those members or ${host} back, and retry`
    const notSkippable = `its etcd member already votes, and ${obstacle}; ${way}`
    return { isRemoved: false, consequence: { notSkippable } }
  }
  const { alive, voters, quorum } = votesWithout(members, member)
  const left = `${alive.length} of the ${voters.length} voters left are healthy, ${quorum} are needed`
  const onSkip = `removes its etcd member, which votes already (${left}), and deletes its node`
  return { isRemoved: false, consequence: { onSkip } }
}

/**
 * Why a voting member may be removed. `shown`: the operator was shown that skipping removes it. `late`: the host was
 * skipped before, and joined afterwards.
 */
export type VoterRemoval = 'shown' | 'late'

/** Whether leaving the host out may remove its member: one that votes only for a reason. */
export function mayAbandon(
  member: Pick<QuorumMember, 'name' | 'learner'>,
  voter: VoterRemoval | undefined,
): boolean {
  return !isVoter(member) || voter !== undefined
}
