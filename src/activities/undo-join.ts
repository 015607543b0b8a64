/**
 * What a control plane's join may have left, wherever it died, and how that is undone. First our own etcd member goes,
 * found by its peer URL: never another's, and never at the cost of quorum. Then the host is reset, and then its node is
 * deleted.
 */
import { judgeJoin, type JoinSigns, type JoinStanding } from '../planning/changes/join-standing.js'
import { undoSteps, type UndoStep } from '../planning/changes/failed-join.js'
import type { Cluster, Host } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import { command, expectSuccess } from '../ssh/index.js'
import { isVoter, memberOf, memberTitle } from '../facts/quorum.js'
import { takeMemberOut } from '../hosts/etcd/member-removal.js'
import { etcdMembers, type EtcdMember } from '../hosts/etcd/members.js'
import { startKubelet } from '../hosts/kubeadm/kubelet.js'
import { hostState, showsTraces, type HostState } from '../hosts/kubeadm/state.js'
import { resetHost } from '../hosts/kubeadm/run.js'
import type { ClusterApi } from '../hosts/kubernetes/cluster-api.js'
import { expectClusterData } from '../hosts/kubernetes/cluster-data.js'
import { findNode, isMarked, type KubernetesNode } from '../hosts/kubernetes/nodes.js'
import { waitUntil } from '../hosts/wait.js'
import type { HostContext } from '../hosts/context.js'

/** Everything that tells how far a control plane's join has come. */
export interface JoinTraces {
  readonly host: HostState
  /** The etcd member with the host's peer URL. */
  readonly member: EtcdMember | undefined
  readonly node: KubernetesNode | undefined
}

/** Where the join stands; see {@link judgeJoin}. */
export function joinStanding(
  { host, member, node }: JoinTraces,
  topology: Cluster['etcd']['topology'],
): JoinStanding {
  const signs: JoinSigns = {
    kubeletConf: host.has('kubelet.conf'),
    manifests: host.has('manifests'),
    etcdData: host.has('etcd-data'),
    kubeletCertificate: host.has('kubelet-certificate'),
    node: node === undefined ? 'missing' : isMarked(node) ? 'marked' : 'unmarked',
    member: member === undefined ? 'missing' : isVoter(member) ? 'votes' : 'not-voting',
  }
  return judgeJoin(signs, topology)
}

/**
 * Looks at the host, at etcd and at the API. If etcd has no majority, the host's own member may be the missing one, so
 * its kubelet is started.
 * @throws QuorateError `ETCD_UNHEALTHY` when etcd does not answer for a long time.
 */
export async function joinTraces(context: HostContext, via: ClusterApi): Promise<JoinTraces> {
  const host = await hostState(context)
  if (context.cluster.etcd.topology === 'external') {
    return { host, member: undefined, node: await findNode(via, context.host.name) }
  }
  let members: readonly EtcdMember[] = []
  let helped = !host.has('etcd-data')
  await waitUntil(
    context,
    async () => {
      try {
        members = await etcdMembers(via.session)
        return undefined
      } catch (error) {
        if (!helped) await startKubelet(context)
        helped = true
        throw error
      }
    },
    (reason) =>
      new QuorateError('ETCD_UNHEALTHY', reason, {
        host: via.session.host.name,
        step: 'etcd',
        hint: 'bring a majority of the etcd members back; if only this host was reset or replaced, abort this operation and apply again, so that another control plane is asked; if the data of a majority is gone for good, restore etcd from a snapshot on one control plane',
      }),
    { timeoutMs: context.patience.etcd },
  )
  return { host, member: memberOf(members, context.host), node: await findNode(via, context.host.name) }
}

/** Undoes what the traces show; see {@link undoSteps}. */
export async function undoJoin(context: HostContext, via: ClusterApi, traces: JoinTraces): Promise<void> {
  const { host, member, node } = traces
  if (node !== undefined) await refuseAnotherMachine(context, node)
  const act: Readonly<Record<UndoStep, () => Promise<void>>> = {
    'prove-own': () => proveOwn(context, via),
    'take-member-out': async () => {
      const removed = await takeMemberOut(context, via.session, context.host)
      if (removed === undefined) return
      context.report(`removed the etcd member ${memberTitle(removed)} of the unfinished join`)
    },
    reset: () => resetHost(context),
    'delete-node': async () => {
      if (node !== undefined) await deleteNode(via, node)
    },
  }
  const remains = {
    member: member !== undefined,
    etcdData: host.has('etcd-data'),
    traces: showsTraces(host),
    node: node !== undefined,
  }
  for (const step of undoSteps(remains)) await act[step]()
}

/**
 * Refuses a host whose etcd answers, but is not one of the members that the first control plane knows. Such an etcd is
 * a cluster of its own, perhaps the very one whose data the first control plane has lost. If it does not answer, the
 * first control plane must have the cluster's data: an etcd that found its folder empty knows no members either.
 * @throws QuorateError `CLUSTER_EXISTS`, `ETCD_DATA_LOST`.
 */
async function proveOwn(context: HostContext, via: ClusterApi): Promise<void> {
  const members = await etcdMembers(context.session).catch(() => undefined)
  if (members === undefined) return expectClusterData(via, 'kubeadm join')
  throw context.error(
    'CLUSTER_EXISTS',
    `its etcd belongs to another cluster, with the members ${members.map(memberTitle).join(', ')}`,
    { step: 'kubeadm join' },
  )
}

/**
 * Deletes a node: kubeadm refuses to join under the name of a node that still counts as Ready, as a lost one does for a
 * while.
 */
export async function deleteNode(via: ClusterApi, node: KubernetesNode): Promise<void> {
  await via.core.nodes.delete(node.metadata.name)
}

/** Whether both machines are known and differ. */
export function isAnotherMachine({ machineId }: Host, { status }: KubernetesNode): boolean {
  const { machineID = '' } = status.nodeInfo
  return machineId !== undefined && machineID !== '' && machineId !== machineID
}

/**
 * Refuses a node that has the host's name but is another machine: it is somebody else's. A node at one of this host's
 * addresses is accepted: it is what this host was before it was reinstalled.
 * @throws QuorateError `NODE_NAME_TAKEN`.
 */
async function refuseAnotherMachine(context: HostContext, node: KubernetesNode): Promise<void> {
  const { host } = context
  const { machineID = '' } = node.status.nodeInfo
  if (host.machineId !== undefined && host.machineId === machineID) return
  const addresses = (node.status.addresses ?? []).flatMap(({ type, address }) =>
    type === 'InternalIP' ? [address] : [],
  )
  if (addresses.length === 0 || addresses.includes(host.internalAddress)) return
  for (const address of addresses) if (await hasAddress(context, address)) return
  throw context.error(
    'NODE_NAME_TAKEN',
    `the cluster has a node ${node.metadata.name} at ${addresses.join(', ')}, not at ${host.internalAddress}`,
    { step: 'kubeadm join' },
  )
}

/** Asks the host itself: if it is given by name, only it knows its addresses. */
async function hasAddress({ session, host }: HostContext, address: string): Promise<boolean> {
  const shown = await session.run(command('ip', '-o', 'address', 'show', 'to', address))
  return expectSuccess(shown, 'looking at the addresses', host).stdout.trim() !== ''
}

/** Undoes a worker's unfinished join; `state` is what was just found on the host. */
export async function undoWorkerJoin(
  context: HostContext,
  via: ClusterApi,
  node: KubernetesNode | undefined,
  state?: HostState,
): Promise<void> {
  if (node !== undefined) await refuseAnotherMachine(context, node)
  if (showsTraces(state ?? (await hostState(context)))) await resetHost(context)
  if (node !== undefined) await deleteNode(via, node)
}
