/** Empties the node of a host that leaves, or gives up that of a dead one. */
import type { Host } from '../cluster/model.js'
import type { DrainOptions } from '../operations/drain.js'
import { count } from '../values/words.js'
import { localApi } from '../hosts/kubernetes/cluster-api.js'
import { uncordon } from '../hosts/kubernetes/cordon.js'
import { cordonAndDrain } from '../hosts/kubernetes/drain.js'
import { giveUpNode } from '../hosts/kubernetes/give-up-node.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/**
 * Drains the node of `leaving`; the step is that of a control plane that stays.
 * @throws QuorateError `DRAIN_BLOCKED`; `REMOVAL_REFUSED` for a dead host whose kubelet still reports.
 */
export async function drainLeavingNode(
  context: HostContext,
  leaving: Host,
  options: DrainOptions,
  isDead: boolean,
): Promise<StepOutcome> {
  const api = localApi(context.cluster, context.session)
  if ((await api.core.nodes.find(leaving.name)) === undefined)
    return { changed: false, summary: 'has no node' }
  if (isDead) {
    const changed = await giveUpNode(context, api, leaving.name, options)
    return { changed, summary: changed ? 'gave up its pods and volumes' : 'given up already' }
  }
  const { cordoned, evicted } = await cordonAndDrain(context, api, leaving.name, options)
  const changed = cordoned || evicted > 0
  return { changed, summary: changed ? `drained, ${count(evicted, 'pod')} evicted` : 'drained already' }
}

/** Lets the node of a host that stays after all take pods again. */
export async function keepNode(context: HostContext, host: Host): Promise<StepOutcome> {
  const api = localApi(context.cluster, context.session)
  const isThere = (await api.core.nodes.find(host.name)) !== undefined
  const changed = isThere && (await uncordon(api, host.name))
  return { changed, summary: changed ? 'takes pods again' : 'left as it is' }
}
