/** Whether a member of etcd is ours to remove: the model knows better than the product, which sees only what it asks. */
import { isVoter } from '../../../src/facts/quorum.js'
import type { JudgedMember } from '../../../src/hosts/etcd/members.js'
import type { VoterRemoval } from '../../../src/planning/changes/failed-join.js'
import { Violation, type ModelHost, type World } from './world.js'

/** Why a member is removed; the model checks that it is so. */
export type Reason = 'undo' | 'settle' | 'skip' | 'late'

/** A removal that is about to happen. */
export interface Removing {
  readonly one: ModelHost
  readonly member: JudgedMember
  readonly reason: Reason
  readonly voter?: VoterRemoval | undefined
  readonly isLeftOut: boolean
}

/** Throws if the member is not ours to remove. */
export function judgeRemoval(world: World, removing: Removing): void {
  const { one, reason } = removing
  const wrong = WRONG[reason](removing) ?? unlessLeftOut(removing)
  if (wrong !== undefined) throw new Violation(wrong)
  world.tell(() => `the member of ${one.name} is removed (${reason})`)
}

const WRONG: Readonly<Record<Reason, (removing: Removing) => string | undefined>> = {
  undo: (removing) =>
    isWhole(removing) ? `${removing.one.name} has joined, and its member is removed` : undefined,
  settle: ({ one, member }) =>
    isVoter(member) || (one.unit?.state === 'running' && one.powered)
      ? `the join of ${one.name} goes on, and its member is removed`
      : undefined,
  skip: ({ one, member, voter }) =>
    isVoter(member) && voter !== 'shown'
      ? `${one.name} votes, and nobody was shown that its member is removed`
      : undefined,
  late: () => undefined,
}

function unlessLeftOut({ one, reason, isLeftOut }: Removing): string | undefined {
  if (isLeftOut || !(reason === 'skip' || reason === 'late')) return undefined
  return `nobody left ${one.name} out, and its member is removed`
}

function isWhole({ one, member }: Removing): boolean {
  return (
    one.data?.member === member.id &&
    one.signs.has('kubelet.conf') &&
    one.data.lineage.nodes.get(one.name) === 'marked' &&
    isVoter(member)
  )
}
