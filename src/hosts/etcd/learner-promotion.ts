/** How a member that was added as a learner gets its vote. */
import { clientUrl } from '../../configuration/etcd/urls.js'
import { memberOf } from '../../facts/quorum.js'
import type { Session } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { waitUntil } from '../wait.js'
import { answeringMember } from './health.js'
import { etcdctl, etcdMembers, healthyEndpoints, type EtcdMember } from './members.js'

/**
 * Waits until the member of the host is a healthy voter; a learner that has caught up is promoted.
 * @throws QuorateError `ETCD_UNHEALTHY` when it does not vote within the patience for components.
 */
export async function waitForVote(context: HostContext): Promise<void> {
  await waitUntil(
    context,
    async () => {
      const via = await answeringMember(context)
      const member = memberOf(await etcdMembers(via), context.host)
      if (member === undefined) return 'etcd does not list its member'
      if (member.clientUrls.length === 0) return 'its etcd member has not started'
      if (member.learner) return promote(via, member)
      const healthy = await healthyEndpoints(via)
      return healthy.has(clientUrl(context.host)) ? undefined : 'its etcd member is not healthy'
    },
    (reason) => context.error('ETCD_UNHEALTHY', reason, { step: 'etcd' }),
    { timeoutMs: context.patience.components },
  )
}

/** etcd refuses to promote a learner that is behind; the next look shows whether it was promoted. */
async function promote(via: Session, member: EtcdMember): Promise<string> {
  const { exitCode } = await etcdctl(via, 'member', 'promote', member.id)
  return exitCode === 0 ? 'its etcd member was promoted' : 'its etcd member has not caught up yet'
}
