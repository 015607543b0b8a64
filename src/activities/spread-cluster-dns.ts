/**
 * Spreads CoreDNS over more than one node. Its pods start while there is only the first node, and nothing moves them
 * later, so the cluster's DNS would go down with that node. One pod is moved: the other answers meanwhile, and the
 * preferred anti-affinity that kubeadm gives CoreDNS places the new pod on another node. Restarting the whole
 * deployment, the usual advice, may put both pods on one node again if there are two nodes.
 */
import { crowdedPod, placesFor, type DnsPod, type PodPlace } from '../facts/cluster-dns.js'
import { isQuorateError } from '../errors/index.js'
import { explainingDns } from '../hosts/kubernetes/cluster-dns.js'
import type { Pod } from 'kubernetes-types/core/v1.js'
import type { Resource, Stored } from '../hosts/kubernetes/api/resources.js'
import { localApi, type ClusterApi } from '../hosts/kubernetes/cluster-api.js'
import { hasCondition, listNodes, type KubernetesNode } from '../hosts/kubernetes/nodes.js'
import { waitUntil } from '../hosts/wait.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'
import { defined } from '../values/defined.js'

/** Moves one of CoreDNS' pods if all of them are on one node and another node would take it. */
export async function spreadClusterDns(context: HostContext): Promise<StepOutcome> {
  const api = localApi(context.cluster, context.session)
  return explainingDns(api, () => spread(context, api))
}

async function spread(context: HostContext, api: ClusterApi): Promise<StepOutcome> {
  const before = await waitForPods(context, api, goingAway)
  const pod = crowdedPod(before.map(dnsPod))
  if (pod === undefined) return unchanged(describe(before))
  if (!(await hasPlaceElsewhere(context, api, pod))) {
    return unchanged(`${describe(before)}, the only node for it`)
  }
  context.report(`moving ${pod.name} away from ${pod.node}`)
  await pods(api).delete(pod.name)
  const after = await waitForPods(context, api, (pods) => goingAway(pods) ?? notReady(pods))
  return { changed: true, summary: describe(after) }
}

/**
 * Whether another node takes the pod. Waits for nodes to become Ready: one that has just joined does so a moment later.
 */
async function hasPlaceElsewhere(
  context: HostContext,
  api: ClusterApi,
  pod: DnsPod & { readonly node: string },
): Promise<boolean> {
  let found = false
  const look = async () => {
    const nodes = await listNodes(api)
    const others = placesFor(pod, nodes.map(placeOf))
    found = others.some(({ ready }) => ready)
    return found || others.length === 0 ? undefined : `no node beside ${pod.node} is Ready yet`
  }
  const giveUp = (reason: string) => context.error('NODE_NOT_READY', reason, { step: 'cluster DNS' })
  try {
    await waitUntil(context, look, giveUp, { timeoutMs: context.patience.node })
  } catch (error) {
    // The verification says which node that is, and whether it matters.
    if (!isQuorateError(error) || error.code !== 'NODE_NOT_READY') throw error
  }
  return found
}

/** CoreDNS' pods as they are now. */
export function listDnsPods(api: ClusterApi): Promise<readonly Stored<Pod>[]> {
  return pods(api).list({ labels: 'k8s-app=kube-dns' })
}

function pods(api: ClusterApi): Resource<Pod> {
  return api.core.pods.in('kube-system')
}

/** Waits until nothing stands in the way any more, and returns CoreDNS' pods. */
async function waitForPods(
  context: HostContext,
  api: ClusterApi,
  obstacle: (pods: readonly Stored<Pod>[]) => string | undefined,
): Promise<readonly Stored<Pod>[]> {
  let pods: readonly Stored<Pod>[] = []
  await waitUntil(
    context,
    async () => {
      pods = await listDnsPods(api)
      return obstacle(pods)
    },
    (reason) => context.error('CLUSTER_DNS_FAILED', reason, { step: 'cluster DNS' }),
    { timeoutMs: context.patience.components },
  )
  return pods
}

function goingAway(pods: readonly Stored<Pod>[]): string | undefined {
  const going = pods.find(({ metadata }) => metadata.deletionTimestamp !== undefined)
  return going && `${going.metadata.name} is still terminating`
}

function notReady(pods: readonly Stored<Pod>[]): string | undefined {
  const unready = pods.find((pod) => !isReady(pod))
  return unready && `${unready.metadata.name} is not ready yet`
}

function isReady({ status }: KubernetesNode | Pod): boolean {
  return hasCondition(status?.conditions, 'Ready')
}

/** A pod as {@link crowdedPod} wants it. */
export function dnsPod({ metadata, spec }: Stored<Pod>): DnsPod {
  const { nodeName, tolerations = [] } = spec ?? {}
  return { name: metadata.name, ...defined({ node: nodeName }), tolerations }
}

function placeOf(node: KubernetesNode): PodPlace & { readonly ready: boolean } {
  const { unschedulable = false, taints = [] } = node.spec ?? {}
  return { name: node.metadata.name, schedulable: !unschedulable, taints, ready: isReady(node) }
}

function unchanged(summary: string): StepOutcome {
  return { changed: false, summary }
}

function describe(pods: readonly Stored<Pod>[]): string {
  const places = new Set(pods.map(({ spec }) => spec?.nodeName ?? 'no node yet'))
  return places.size === 0 ? 'no CoreDNS' : `CoreDNS on ${[...places].sort().join(', ')}`
}
