/** The gate in front of everything that stops a member of etcd for a while: the others must be able to go on without it. */
import { memberOf, outageObstacle, wholenessObstacle, type QuorumMember } from '../../facts/quorum.js'
import type { Host } from '../../cluster/model.js'
import type { Session } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { waitUntil } from '../wait.js'
import { askEtcd, waitForWholeEtcd } from './health.js'
import { moveLeadership } from './leader.js'
import { judgedMembers, type JudgedMember } from './members.js'

/** With fewer voters, no member can be away without an outage: the plan has said so. */
const VOTERS_THAT_SPARE_ONE = 3

/** Why the member of a host may not be stopped now; undefined if it may, or if it has none. */
export function stopObstacle(members: readonly QuorumMember[], host: Host): string | undefined {
  const own = memberOf(members, host)
  const voters = members.filter(({ learner }) => !learner)
  if (own === undefined || voters.length < VOTERS_THAT_SPARE_ONE) return wholenessObstacle(members)?.reason
  return outageObstacle(members, [own])
}

/**
 * Waits until the member of the step's host may be stopped, and makes another one lead, so that no request is lost with it.
 * @param controlPlane the session through which a stacked etcd is asked.
 * @throws QuorateError `ETCD_UNHEALTHY` when it may not for a long time.
 */
export async function prepareMemberStop(context: HostContext, controlPlane: Session): Promise<void> {
  const asked = await askEtcd(context, controlPlane)
  if (asked === undefined) return waitForWholeEtcd(context, controlPlane)
  let members: readonly JudgedMember[] = []
  await waitUntil(
    context,
    async () => stopObstacle((members = await judgedMembers(asked)), context.host),
    (reason) => context.error('ETCD_UNHEALTHY', reason, { step: 'etcd' }),
    { timeoutMs: context.patience.etcd },
  )
  const own = memberOf(members, context.host)
  const heir = own && (await moveLeadership(asked, members, own))
  if (heir !== undefined) context.report(`${heir} leads etcd`)
}
