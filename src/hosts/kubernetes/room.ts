/** How many workers may be unavailable at once: the gate in front of whatever takes one away for a while. */
import type { HostContext } from '../context.js'
import { waitUntil } from '../wait.js'
import type { ClusterApi } from './cluster-api.js'
import { isCordonedByUs } from './cordon.js'
import { hasCondition, isMarked, listNodes, type KubernetesNode } from './nodes.js'

/** Why no other worker may become unavailable now. Workers that somebody else has cordoned do not count. */
export function roomObstacle(
  nodes: readonly KubernetesNode[],
  host: string,
  atOnce: number,
): string | undefined {
  const away = nodes.filter(
    (node) =>
      node.metadata.name !== host &&
      !isMarked(node) &&
      (!hasCondition(node.status.conditions, 'Ready') || isCordonedByUs(node)),
  )
  if (away.length < atOnce) return undefined
  const names = away.map(({ metadata }) => metadata.name).join(', ')
  return `${away.length} workers are unavailable (${names}), and ${atOnce} may be at once`
}

/**
 * Waits until the worker of the step's host may become unavailable. `step` is named in the error.
 * @throws QuorateError `NODES_UNAVAILABLE` when it may not for a long time.
 */
export async function waitForRoom(
  context: HostContext,
  api: ClusterApi,
  atOnce: number,
  step: string,
): Promise<void> {
  await waitUntil(
    context,
    async () => roomObstacle(await listNodes(api), context.host.name, atOnce),
    (reason) => context.error('NODES_UNAVAILABLE', reason, { step }),
    { timeoutMs: context.patience.node },
  )
}
