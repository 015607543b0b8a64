/** The last trace of a host in the cluster: its Node, which also shows that a removal is not finished. */
import type { Host } from '../cluster/model.js'
import { localApi } from '../hosts/kubernetes/cluster-api.js'
import { forgetRemoved, rememberRemoved } from '../hosts/kubernetes/removed-machines.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/**
 * Deletes the node of `leaving`; the step is that of a control plane that stays. A dead machine is remembered first, so
 * that it is recognised if it comes back after all; one that was reset is forgotten.
 * @throws QuorateError `NODE_NAME_TAKEN` when the node is another machine by now.
 */
export async function deleteLeavingNode(
  context: HostContext,
  leaving: Host,
  isDead: boolean,
): Promise<StepOutcome> {
  const api = localApi(context.cluster, context.session)
  const { name, machineId } = leaving
  const node = await api.core.nodes.find(name)
  const seen = node?.status?.nodeInfo?.machineID ?? ''
  if (machineId !== undefined && seen !== '' && seen !== machineId) {
    throw context.error('NODE_NAME_TAKEN', `the node ${name} is another machine now`, { step: 'removal' })
  }
  const known = machineId ?? (seen === '' ? undefined : seen)
  const noted = isDead
    ? await rememberRemoved(api, {
        name,
        ...(known === undefined ? {} : { machineId: known }),
        removedAt: new Date().toISOString(),
      })
    : await forgetRemoved(api, leaving)
  const { uid } = node?.metadata ?? {}
  const deleted = node !== undefined && (await api.core.nodes.delete(name, uid === undefined ? {} : { uid }))
  const did = [...(deleted ? ['deleted its node'] : []), ...(noted && isDead ? ['remembered as dead'] : [])]
  return { changed: deleted || noted, summary: did.length === 0 ? 'has no node' : did.join(', ') }
}
