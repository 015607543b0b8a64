/**
 * What a `kubeadm init` may have left where it died. Only remains of an init of our own that never finished, and on
 * which nobody depends, are ever removed. Everything else may be a cluster.
 */
import type { QuorateError } from '../errors/index.js'
import { memberOf, memberTitle } from '../facts/quorum.js'
import { judgeInit } from '../planning/changes/init-standing.js'
import { etcdMembers, storedNodes } from '../hosts/etcd/members.js'
import { askEtcd } from '../hosts/etcd/health.js'
import { hostState, showsTraces, type HostState } from '../hosts/kubeadm/state.js'
import { resetHost } from '../hosts/kubeadm/run.js'
import type { ClusterApi } from '../hosts/kubernetes/cluster-api.js'
import { isApiServerReady } from '../hosts/kubernetes/health.js'
import { listNodes } from '../hosts/kubernetes/nodes.js'
import type { HostContext } from '../hosts/context.js'

/**
 * Whether a cluster was initialised on this host. `there`: it was; it may be unhealthy, but is never initialised again.
 * `absent`: it was not.
 * @param isKnown whether a cluster was found when the operation was planned.
 * @throws QuorateError `ETCD_DATA_LOST` when there was one and its data are not where they were, `CLUSTER_EXISTS` when
 * the host was reset since.
 */
export async function initStanding(
  context: HostContext,
  api: ClusterApi,
  isKnown: boolean,
): Promise<'there' | 'absent'> {
  const state = await hostState(context)
  const standing = judgeInit({
    holdsState: holdsState(context, state),
    isRecorded: state.has('initialised'),
    hasJoinedEtcd: state.has('etcd-joined'),
    isUnfinished: state.has('init-unfinished'),
    isKnown,
  })
  if (standing === 'lost') throw stateLost(context)
  if (standing === 'elsewhere') throw clusterElsewhere(context)
  if (standing !== 'unless-alone') return standing
  return (await others(context, api)).length > 0 ? 'there' : 'absent'
}

/** Whether the host holds what makes up a cluster; with external etcd that is only its components. */
function holdsState({ cluster }: HostContext, state: HostState): boolean {
  return state.has(cluster.etcd.topology === 'stacked' ? 'etcd-data' : 'manifests')
}

function stateLost({ cluster, error }: HostContext): QuorateError {
  const step = 'kubeadm init'
  if (cluster.etcd.topology === 'external') {
    return error(
      'CONTROL_PLANE_NOT_READY',
      "the cluster was initialised here, but its components' manifests are gone",
      { step, hint: 'restore /etc/kubernetes/manifests and retry' },
    )
  }
  return error('ETCD_DATA_LOST', 'the cluster was initialised here, but its data is gone', {
    step,
    hint: 'mount the disk that holds /var/lib/etcd again and retry; if the data is really gone, restore etcd from a snapshot, or run `quorate reset --all` to start over',
  })
}

function clusterElsewhere({ error, host }: HostContext): QuorateError {
  return error('CLUSTER_EXISTS', 'there was a cluster, and nothing of it is on this host any more', {
    step: 'kubeadm init',
    hint: `abort this operation and apply again: another control plane then takes the place of ${host.name}, which joins`,
  })
}

/** The other nodes and etcd members that depend on this control plane, as far as anything on it answers. */
async function others(context: HostContext, api: ClusterApi): Promise<readonly string[]> {
  const { session, host, cluster } = context
  if (await isApiServerReady(api)) {
    const nodes = await listNodes(api)
    return nodes.map((node) => node.metadata.name).filter((name) => name !== host.name)
  }
  const via = await askEtcd(context, session).catch(() => undefined)
  const members = via && (await etcdMembers(via).catch(() => undefined))
  // An init of ours that never succeeded has let nobody join. If nothing answers, that is all that is known.
  if (via === undefined || members === undefined) return []
  const nodes = (await storedNodes(via)).filter((name) => name !== host.name)
  if (cluster.etcd.topology === 'external') return nodes
  const own = memberOf(members, host)
  return [...members.filter((member) => member !== own).map(memberTitle), ...nodes]
}

/**
 * Undoes an init of ours that failed on this host.
 * @throws QuorateError `CLUSTER_EXISTS` when what is there may be a cluster, or somebody else's work.
 */
export async function clearFailedInit(
  context: HostContext,
  api: ClusterApi,
  isKnown: boolean,
): Promise<void> {
  const state = await hostState(context)
  const refuse = (message: string) => context.error('CLUSTER_EXISTS', message, { step: 'kubeadm init' })
  if ((await initStanding(context, api, isKnown)) === 'there')
    throw refuse('a cluster was initialised on this host')
  if (state.has('init-unfinished')) {
    if (showsTraces(state) || state.has('ca.key')) await resetHost(context)
    return
  }
  // kubeadm continues with certificates and kubeconfig files that it finds, but not with manifests.
  if (state.has('manifests')) throw refuse('kubeadm has run on this host, but not for Quorate')
}
