/** Kubelets in the version of the cluster: drained nodes, one by one or a few at once, and the kubelets of etcd hosts. */
import type { Host } from '../../cluster/model.js'
import { prepareMemberStop } from '../../hosts/etcd/outage.js'
import { waitForWholeEtcd } from '../../hosts/etcd/health.js'
import { configureContainerd } from '../../hosts/containerd/configure.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { restartKubelet } from '../../hosts/kubeadm/kubelet.js'
import { removeUpgradeLeftovers } from '../../hosts/kubeadm/manifests.js'
import { runKubeadmUpgrade, writeKubeletConfiguration } from '../../hosts/kubeadm/upgrade.js'
import { versionObstacle } from '../../hosts/kubeadm/upgraded.js'
import { localApi, type ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import { isCordonedByUs, uncordon } from '../../hosts/kubernetes/cordon.js'
import { cordonAndDrain } from '../../hosts/kubernetes/drain.js'
import { findNode, hasCondition, type KubernetesNode } from '../../hosts/kubernetes/nodes.js'
import { waitForRoom } from '../../hosts/kubernetes/room.js'
import { changeVersion } from '../../hosts/packages/kubernetes.js'
import { waitUntil } from '../../hosts/wait.js'
import type { DrainOptions } from '../../operations/drain.js'
import type { StepOutcome } from '../../operations/steps.js'
import { script } from '../../ssh/index.js'
import type { UpgradeLook } from './upgrade-control-plane.js'

/** How a node's kubelet is upgraded. */
export interface KubeletUpgrade {
  /** The control plane whose API is asked: another than the host, wherever there is one. */
  readonly through: Host
  readonly drain: DrainOptions
  /** How many workers may be unavailable at once; not given for control planes, which go one by one. */
  readonly atOnce?: number
}

/** Looks whether the node's kubelet runs the version. */
export async function isKubeletUpgraded(context: HostContext, through: Host): Promise<UpgradeLook> {
  const node = await findNode(await apiOf(context, through), context.host.name)
  return {
    isDone: node !== undefined && runs(node, context.cluster.kubernetes.version) && !isCordonedByUs(node),
  }
}

/** Drains the node, upgrades its kubelet and kubectl, and lets it take pods again once it is Ready. */
export async function upgradeKubelet(context: HostContext, upgrade: KubeletUpgrade): Promise<StepOutcome> {
  const { cluster, host } = context
  const { version } = cluster.kubernetes
  await waitForOthers(context)
  const api = await apiOf(context, upgrade.through)
  const before = await nodeOf(context, api)
  if (runs(before, version)) {
    // An attempt that died may have left it cordoned.
    const released = isCordonedByUs(before) && (await uncordon(api, host.name))
    return { changed: released, summary: `kubelet ${version}${released ? ', takes pods again' : ' already'}` }
  }
  await (host.role === 'worker' ? beforeWorker(context, api, upgrade) : beforeControlPlane(context))
  const { evicted } = await cordonAndDrain(context, api, host.name, upgrade.drain)
  await replaceKubelet(context)
  await waitForNode(context, api)
  await uncordon(api, host.name)
  await removeUpgradeLeftovers(context)
  return { changed: true, summary: `kubelet ${version}, ${evicted} pods moved` }
}

async function apiOf({ cluster, sessions, signal }: HostContext, through: Host): Promise<ClusterApi> {
  return localApi(cluster, await sessions.session(through, signal))
}

async function nodeOf(context: HostContext, api: ClusterApi): Promise<KubernetesNode> {
  const node = await findNode(api, context.host.name)
  if (node !== undefined) return node
  throw context.error('NODE_NOT_READY', 'its node is missing', { step: 'kubelet' })
}

function runs({ status }: KubernetesNode, version: string): boolean {
  return status.nodeInfo.kubeletVersion === version && hasCondition(status.conditions, 'Ready')
}

/** kubeadm first, then a place among the workers that may be unavailable. */
async function beforeWorker(
  context: HostContext,
  api: ClusterApi,
  { atOnce = 1 }: KubeletUpgrade,
): Promise<void> {
  await runKubeadmUpgrade(context, { prepare: () => Promise.resolve('node') })
  await waitForRoom(context, api, atOnce, 'kubelet')
}

/** A kubelet of another minor starts all static pods of its host again, the member of etcd among them. */
async function beforeControlPlane(context: HostContext): Promise<void> {
  await prepareMemberStop(context, context.session)
}

async function replaceKubelet(context: HostContext): Promise<void> {
  await changeVersion(context, { act: 'install', names: ['kubelet', 'kubectl'] })
  await configureContainerd(context)
  await writeKubeletConfiguration(context)
  if (context.host.role !== 'worker') await prepareMemberStop(context, context.session)
  await restartKubelet(context)
}

async function waitForNode(context: HostContext, api: ClusterApi): Promise<void> {
  const { cluster, host, session, patience } = context
  const { version } = cluster.kubernetes
  await waitUntil(
    context,
    async () => {
      const node = await nodeOf(context, api)
      const { kubeletVersion } = node.status.nodeInfo
      if (kubeletVersion !== version) return `its kubelet is still ${kubeletVersion}`
      if (!runs(node, version)) return 'its node is not Ready'
      if (host.role !== 'control-plane') return undefined
      return versionObstacle(context, localApi(cluster, session), version)
    },
    (reason) => context.error('NODE_NOT_READY', reason, { step: 'kubelet' }),
    { timeoutMs: Math.max(patience.node, patience.components) },
  )
  if (host.role === 'control-plane') await waitForWholeEtcd(context, session)
}

/** Lets a worker that was skipped in the middle of its upgrade take pods again, asked from a control plane. */
export async function releaseNode(context: HostContext, host: Host): Promise<StepOutcome> {
  const released = await uncordon(localApi(context.cluster, context.session), host.name)
  return {
    changed: released,
    summary: released ? `${host.name} takes pods again` : `${host.name} was not cordoned by us`,
  }
}

// Whether the running kubelet is the installed one: packages are replaced under it.
const IS_CURRENT = `
pid=$(systemctl show --property MainPID --value kubelet)
[ "$pid" != 0 ] && [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$(command -v kubelet)")" ]`

/** The kubelet of an etcd host, which is no node: its member restarts with it. */
export async function upgradeEtcdKubelet(context: HostContext): Promise<StepOutcome> {
  const { cluster, session } = context
  const { version } = cluster.kubernetes
  await waitForOthers(context)
  const { changed } = await changeVersion(context, { act: 'install', names: ['kubelet', 'kubectl'] })
  const isCurrent = (await session.run(script(IS_CURRENT), { root: true })).exitCode === 0
  if (isCurrent) return { changed, summary: `kubelet ${version}${changed ? '' : ' already'}` }
  await prepareMemberStop(context, session)
  await configureContainerd(context)
  await restartKubelet(context)
  await waitForWholeEtcd(context, session)
  return { changed: true, summary: `kubelet ${version}` }
}
