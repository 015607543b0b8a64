/**
 * Empties a node of its pods through the eviction API, which heeds disruption budgets. May be cut off anywhere and begun
 * again: each look shows what is left to do.
 */
import type { Pod } from 'kubernetes-types/core/v1.js'
import type { DrainOptions, UnmanagedPods } from '../../operations/drain.js'
import {
  describeObstacle,
  obstaclesTo,
  ownerTitle,
  podTitle,
  staysOnNode,
  type DrainObstacle,
} from '../../planning/drain/pods.js'
import { count } from '../../values/words.js'
import { QuorateError } from '../../errors/index.js'
import type { HostContext } from '../context.js'
import { waitUntil } from '../wait.js'
import type { Stored } from './api/resources.js'
import { attachedVolume } from './attached-volume.js'
import type { ClusterApi } from './cluster-api.js'
import { cordon } from './cordon.js'
import { evictPod } from './evict-pod.js'

/** What a drain needs of its step. */
type Draining = Pick<HostContext, 'signal' | 'report' | 'operation'>

/** Milliseconds between two looks, which also ask again for evictions that were refused. */
const INTERVAL_MS = 2_000

/** What would keep the node's pods from being evicted now. Changes nothing. */
export async function drainObstacles(
  api: ClusterApi,
  node: string,
  unmanaged: UnmanagedPods,
): Promise<readonly DrainObstacle[]> {
  const [pods, budgets] = await Promise.all([podsOn(api, node), api.policy.podDisruptionBudgets.list()])
  return obstaclesTo(pods, budgets, unmanaged)
}

/** What a drain did. */
export interface Drained {
  /** Whether the node took pods before. */
  readonly cordoned: boolean
  /** Accepted evictions; those of earlier attempts do not count. */
  readonly evicted: number
}

/**
 * Waits until nothing stands in the way, cordons the node, and drains it. A node that cannot be drained yet is not
 * cordoned. The node stays cordoned even if the drain fails: what was evicted must not come back.
 * @throws QuorateError `DRAIN_BLOCKED`.
 */
export async function cordonAndDrain(
  context: Draining,
  api: ClusterApi,
  node: string,
  options: DrainOptions,
): Promise<Drained> {
  const begun = Date.now()
  await waitUntilDrainable(context, api, node, options)
  const cordoned = await cordon(api, node, context.operation)
  const timeoutMs = Math.max(options.timeoutMs - (Date.now() - begun), 0)
  return { cordoned, ...(await drain(context, api, node, { ...options, timeoutMs })) }
}

/** Budgets may allow nothing for a moment only: pods that were evicted elsewhere are still starting. */
async function waitUntilDrainable(
  context: Draining,
  api: ClusterApi,
  node: string,
  { timeoutMs, unmanaged }: DrainOptions,
): Promise<void> {
  await waitUntil(
    context,
    async () => {
      const obstacles = await drainObstacles(api, node, unmanaged)
      const lasting = obstacles.filter(({ kind }) => kind !== 'budget')
      if (lasting.length > 0) throw blocked(node, wordsOf(lasting), HINTS[lasting[0]?.kind ?? 'slow'])
      return obstacles.length === 0 ? undefined : wordsOf(obstacles)
    },
    (reason) => blocked(node, reason, HINTS.budget),
    { timeoutMs, intervalMs: INTERVAL_MS },
  )
}

/**
 * Evicts the pods of a node that takes no new ones, and waits until they are gone and their volumes are detached. Pods
 * of DaemonSets, static pods and finished pods stay.
 * @returns how many evictions were accepted; those of earlier attempts do not count.
 * @throws QuorateError `DRAIN_BLOCKED` with the pod, its budget and its owner, when the time is up.
 */
export async function drain(
  context: Draining,
  api: ClusterApi,
  node: string,
  options: DrainOptions,
): Promise<Pick<Drained, 'evicted'>> {
  const evicted = new Set<string>()
  let kind: keyof typeof HINTS = 'slow'
  await waitUntil(
    context,
    async () => {
      const pods = await podsOn(api, node)
      const leaving = pods.filter((pod) => !staysOnNode(pod))
      if (leaving.length === 0) {
        kind = 'volume'
        const volume = await attachedVolume(api, node, pods)
        return volume === undefined ? undefined : `the volume ${volume} is still attached to the node`
      }
      const obstacles = await evictAll(api, leaving, options, evicted)
      kind = obstacles[0]?.kind ?? 'slow'
      return obstacles.length > 0 ? wordsOf(obstacles) : endingWords(leaving)
    },
    (reason) => blocked(node, reason, HINTS[kind]),
    { timeoutMs: options.timeoutMs, intervalMs: INTERVAL_MS },
  )
  return { evicted: evicted.size }
}

/** Asks for the eviction of all that are not ending yet. Returns what kept some from being evicted. */
async function evictAll(
  api: ClusterApi,
  pods: readonly Stored<Pod>[],
  options: DrainOptions,
  evicted: Set<string>,
): Promise<readonly DrainObstacle[]> {
  const obstacles: DrainObstacle[] = []
  for (const pod of pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)) {
    if (ownerTitle(pod) === undefined && options.unmanaged === 'stop') {
      obstacles.push(...obstaclesTo([pod], [], 'stop'))
      continue
    }
    const obstacle = await evictPod(api, pod, options)
    if (obstacle === undefined) evicted.add(pod.metadata.uid ?? podTitle(pod))
    else obstacles.push(obstacle)
  }
  return obstacles
}

const HINTS = {
  budget:
    'give the pods room: more replicas, or another budget, or delete a pod that may go; then retry. `kubectl get pdb -A` shows all budgets',
  budgets: 'leave each pod to one PodDisruptionBudget: the API evicts no pod that has several; then retry',
  unmanaged:
    'delete the pod if nobody needs it, then retry; with --evict-unmanaged such pods are evicted, which deletes them',
  slow: 'see why the pod does not end with `kubectl describe pod`: a long grace period, a finalizer, or a kubelet that does not answer; then retry',
  volume:
    'look at `kubectl get volumeattachments` and the logs of the CSI driver to see why the volume stays attached; then retry',
} as const

function blocked(node: string, reason: string, hint: string): QuorateError {
  return new QuorateError('DRAIN_BLOCKED', reason, { host: node, step: 'drain', hint })
}

function wordsOf(obstacles: readonly DrainObstacle[]): string {
  const [first = '', ...others] = obstacles.map(describeObstacle)
  return others.length === 0 ? first : `${first}; and ${count(others.length, 'pod')} more`
}

function endingWords(pods: readonly Pod[]): string {
  const [first = '', ...others] = pods.map(podTitle)
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return `waiting for pod ${first}${more} to end`
}

function podsOn(api: ClusterApi, node: string): Promise<readonly Stored<Pod>[]> {
  return api.core.pods.list({ fields: `spec.nodeName=${node}` })
}
