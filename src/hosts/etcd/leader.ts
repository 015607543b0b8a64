/**
 * Who leads etcd, and how another member takes over before the leader goes. A leader that is stopped hands over by
 * itself, but loses the requests that other members have just forwarded to it: their clients wait 7 seconds for an error.
 */
import { isVoter, memberTitle } from '../../facts/quorum.js'
import type { Session } from '../../ssh/index.js'
import { etcdctl, type JudgedMember } from './members.js'

/**
 * Makes another healthy voter lead if `leaving` does. That it fails is no obstacle: etcd then elects one by itself.
 * @returns the name of the new leader; undefined if `leaving` did not lead, or nobody took over.
 */
export async function moveLeadership(
  session: Session,
  members: readonly JudgedMember[],
  leaving: JudgedMember,
): Promise<string | undefined> {
  if ((await leaderId(session)) !== leaving.id) return undefined
  const heir = heirOf(members, leaving)
  const [endpoint] = leaving.clientUrls
  if (heir === undefined || endpoint === undefined) return undefined
  // Only the leader itself moves the leadership; etcdctl finds it among the endpoints.
  const moved = await etcdctl(session, 'move-leader', heir.id, '--endpoints', endpoint)
  return moved.exitCode === 0 ? memberTitle(heir) : undefined
}

/**
 * The healthy voter that leads next: the first by name, or the last when the first one goes. Where members are stopped in
 * the order of their names, leadership then moves twice instead of each time.
 */
export function heirOf(members: readonly JudgedMember[], leaving: JudgedMember): JudgedMember | undefined {
  const voters = members.filter(isVoter).toSorted((a, b) => (memberTitle(a) < memberTitle(b) ? -1 : 1))
  const others = voters.filter(({ id, healthy }) => healthy && id !== leaving.id)
  return voters[0]?.id === leaving.id ? others.at(-1) : others[0]
}

/** The member that leads, as the member on this host knows; undefined while there is none. */
async function leaderId(session: Session): Promise<string | undefined> {
  const { stdout } = await etcdctl(session, 'endpoint', 'status', '-w', 'fields')
  // In decimal digits, and larger than a JavaScript number: member lists have it in hexadecimal ones.
  const [, id = '0'] = /^"Leader" : (\d+)$/m.exec(stdout) ?? []
  return id === '0' ? undefined : BigInt(id).toString(16)
}
