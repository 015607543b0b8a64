/**
 * CoreDNS on more than one node. Its pods start when there is only the first node, and nothing moves them later, so that
 * the cluster's DNS would go down with that node. One pod is moved: the other answers meanwhile, and the preferred
 * anti-affinity that kubeadm gives CoreDNS finds the new one another node. A restart of the whole deployment, the usual
 * advice, may put both on one node again where there are two.
 */
import { isQuorateError, QuorateError } from '../errors/index.js'
import { hasCondition, kubectl, listObjects, localApi, type ClusterApi } from './kubectl.js'
import { waitUntil } from './poll.js'
import type { Step, StepResult } from './step.js'

const NAMESPACE = ['-n', 'kube-system'] as const

interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

interface DnsPod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly nodeName?: string; readonly tolerations?: readonly Toleration[] }
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

interface Node {
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] }
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

/** Moves one of CoreDNS' pods where all of them are on one node and another would take it. */
export async function spreadClusterDns(step: Step): Promise<StepResult> {
  const api = localApi(step.cluster, step.session)
  const before = await waitForPods(step, api, goingAway)
  const [pod] = before
  const crowded = pod?.spec.nodeName
  // A pod without a node is the scheduler's to place, which puts it apart from the others.
  const isSpread = before.length < 2 || before.some(({ spec }) => spec.nodeName !== crowded)
  if (pod === undefined || crowded === undefined || isSpread) return unchanged(describe(before))
  if (!(await hasPlaceElsewhere(step, api, pod, crowded))) {
    return unchanged(`${describe(before)}, the only node for it`)
  }
  step.report(`moving ${pod.metadata.name} away from ${crowded}`)
  await kubectl(api, [...NAMESPACE, 'delete', 'pod', pod.metadata.name, '--ignore-not-found', '--wait=false'])
  const after = await waitForPods(step, api, (pods) => goingAway(pods) ?? notReady(pods))
  return { changed: true, summary: describe(after) }
}

/** Whether another node takes the pod; one that has just joined becomes Ready a moment later, and is waited for. */
async function hasPlaceElsewhere(
  step: Step,
  api: ClusterApi,
  pod: DnsPod,
  crowded: string,
): Promise<boolean> {
  let found = false
  const look = async () => {
    const nodes = await listObjects<Node>(api, 'nodes')
    const others = nodes.filter((node) => node.metadata.name !== crowded && isOpenTo(node, pod))
    found = others.some(isReady)
    return found || others.length === 0 ? undefined : `no node beside ${crowded} is Ready yet`
  }
  const place = { host: step.host.name, step: 'cluster DNS' }
  const giveUp = (reason: string) => new QuorateError('NODE_NOT_READY', reason, place)
  try {
    await waitUntil(step, look, giveUp, { timeoutMs: step.patience.node })
  } catch (error) {
    // Which node that is, and whether it matters, is for the verification to say.
    if (!isQuorateError(error) || error.code !== 'NODE_NOT_READY') throw error
  }
  return found
}

/** CoreDNS' pods once there is nothing any more that they are waited for. */
async function waitForPods(
  step: Step,
  api: ClusterApi,
  obstacle: (pods: readonly DnsPod[]) => string | undefined,
): Promise<readonly DnsPod[]> {
  let pods: readonly DnsPod[] = []
  await waitUntil(
    step,
    async () => {
      pods = await listObjects<DnsPod>(api, 'pods', ...NAMESPACE, '-l', 'k8s-app=kube-dns')
      return obstacle(pods)
    },
    (reason) => new QuorateError('CLUSTER_DNS_FAILED', reason, { host: step.host.name, step: 'cluster DNS' }),
    { timeoutMs: step.patience.components },
  )
  return pods
}

function goingAway(pods: readonly DnsPod[]): string | undefined {
  const going = pods.find(({ metadata }) => metadata.deletionTimestamp !== undefined)
  return going && `${going.metadata.name} is on its way out`
}

function notReady(pods: readonly DnsPod[]): string | undefined {
  const unready = pods.find((pod) => !isReady(pod))
  return unready && `${unready.metadata.name} is not ready yet`
}

function isReady({ status }: Node | DnsPod): boolean {
  return hasCondition(status.conditions, 'Ready')
}

/** What the node controller puts on a node that is not Ready, and takes off again when it is. */
const WHILE_NOT_READY = /^node\.kubernetes\.io\/(?:not-ready|unreachable|network-unavailable)$/

/** Whether the node is there for pods, and for this one, as soon as it is Ready. */
function isOpenTo({ spec = {} }: Node, { spec: { tolerations = [] } }: DnsPod): boolean {
  if (spec.unschedulable === true) return false
  const repelling = (spec.taints ?? []).filter(
    ({ key, effect }) => effect !== 'PreferNoSchedule' && !WHILE_NOT_READY.test(key),
  )
  return repelling.every((taint) => tolerations.some((toleration) => isTolerated(taint, toleration)))
}

function isTolerated(taint: Taint, { key, operator, value, effect }: Toleration): boolean {
  if (effect !== undefined && effect !== taint.effect) return false
  if (operator === 'Exists') return key === undefined || key === taint.key
  return key === taint.key && (value ?? '') === (taint.value ?? '')
}

function unchanged(summary: string): StepResult {
  return { changed: false, summary }
}

function describe(pods: readonly DnsPod[]): string {
  const places = new Set(pods.map(({ spec }) => spec.nodeName ?? 'no node yet'))
  return places.size === 0 ? 'no CoreDNS' : `CoreDNS on ${[...places].sort().join(', ')}`
}
