/**
 * Takes the etcd member of a host that leaves out of etcd, before anything is done to the host itself: never at the cost
 * of quorum, and not while others are being added.
 */
import { ETCD_CA } from '../configuration/etcd/certificates.js'
import type { Host } from '../cluster/model.js'
import { memberTitle, unfinishedObstacle } from '../facts/quorum.js'
import { askEtcd } from '../hosts/etcd/health.js'
import { takeMemberOut } from '../hosts/etcd/member-removal.js'
import { localApi } from '../hosts/kubernetes/cluster-api.js'
import { expectClusterData } from '../hosts/kubernetes/cluster-data.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/**
 * Removes the member of `leaving`; the step is that of a control plane that stays. `cluster` has the etcd hosts that
 * stay, if etcd has hosts of its own.
 * @param keeper the etcd host that gets the key of etcd's CA, if `leaving` has it.
 * @throws QuorateError `ETCD_QUORUM_AT_RISK` when etcd cannot do without the member for a long time; `ETCD_DATA_LOST`
 *   when the control plane that is asked has lost the cluster's data.
 */
export async function removeLeavingMember(
  context: HostContext,
  leaving: Host,
  keeper?: Host,
): Promise<StepOutcome> {
  const kept = keeper !== undefined && (await keepAuthority(context, leaving, keeper))
  await proveData(context)
  const via = await askEtcd(context, context.session)
  const removed =
    via === undefined
      ? undefined
      : await takeMemberOut(context, via, leaving, {
          obstacle: (_, others) => unfinishedObstacle(others),
          whenGone: () => proveData(context),
        })
  const did = [
    ...(kept ? [`gave the key of etcd's CA to ${keeper.name}`] : []),
    ...(removed === undefined ? [] : [`removed the etcd member ${memberTitle(removed)}`]),
  ]
  const nothing = `etcd has no member of ${leaving.name}`
  return { changed: did.length > 0, summary: did.length === 0 ? nothing : did.join(', ') }
}

/**
 * An etcd that has lost its data lists no members, and may come back like that while it is waited for. The data of the
 * leaving host may then be the only ones that are left, so this is asked whenever a missing member means something.
 */
function proveData({ cluster, session }: HostContext): Promise<void> {
  return expectClusterData(localApi(cluster, session), 'etcd')
}

/** Without this key no member could be added any more, and no certificate renewed. It passes through memory only. */
async function keepAuthority(context: HostContext, leaving: Host, keeper: Host): Promise<boolean> {
  const [from, to] = await Promise.all(
    [leaving, keeper].map((host) => context.sessions.session(host, context.signal)),
  )
  const key = await from?.readFile(ETCD_CA.key)
  if (key === undefined || to === undefined) return false
  return to.writeFile(ETCD_CA.key, key, { mode: 0o600 })
}
