/** How a member leaves etcd: never at the cost of quorum, never another host's, and not as the leader. */
import type { Host } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import { memberOf, memberTitle, removalObstacle } from '../../facts/quorum.js'
import type { Session } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { waitUntil } from '../wait.js'
import { moveLeadership } from './leader.js'
import { etcdMembers, judgedMembers, removeMember, type JudgedMember } from './members.js'

export interface RemovalRules {
  /** Why the member cannot go yet, beside quorum; it may throw if it must never go. */
  readonly obstacle?: (member: JudgedMember, others: readonly JudgedMember[]) => string | undefined
  /** Called once etcd lists no member for the host; it throws if that means something else. */
  readonly whenGone?: () => Promise<void>
}

/**
 * Removes the etcd member of a host as soon as etcd can do without it. `via` asks a member that stays.
 * @returns the removed member; undefined if etcd had none for the host.
 * @throws QuorateError `ETCD_QUORUM_AT_RISK` when, for a long time, its removal would cost etcd its majority.
 */
export async function takeMemberOut(
  context: HostContext,
  via: Session,
  leaving: Host,
  { obstacle = () => undefined, whenGone = () => Promise.resolve() }: RemovalRules = {},
): Promise<JudgedMember | undefined> {
  let removed: JudgedMember | undefined
  const look = async () => {
    const members = await judgedMembers(via)
    const member = memberOf(members, leaving)
    if (member === undefined) return undefined
    const others = members.filter((one) => one !== member)
    const blocked = obstacle(member, others) ?? removalObstacle(members, member)
    if (blocked !== undefined) return blocked
    const heir = await moveLeadership(via, members, member)
    if (heir !== undefined) context.report(`${heir} leads etcd now`)
    await removeMember(via, member)
    removed = member
    // Only the list shows that it is gone.
    const left = memberOf(await etcdMembers(via), leaving)
    return left === undefined ? undefined : `etcd still lists ${memberTitle(left)}`
  }
  await waitUntil(
    context,
    async () => {
      const reason = await look()
      if (reason === undefined) await whenGone()
      return reason
    },
    (reason) => new QuorateError('ETCD_QUORUM_AT_RISK', reason, { host: leaving.name, step: 'etcd' }),
    { timeoutMs: context.patience.etcd },
  )
  return removed
}
