/** Makes a host that has left the cluster a bare one again. Packages stay. */
import { waitForOthers } from '../hosts/durable.js'
import { leftovers, removeLeftovers } from '../hosts/kubeadm/leftovers.js'
import { resetHost } from '../hosts/kubeadm/run.js'
import { hasTraces } from '../hosts/kubeadm/state.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/**
 * Runs `kubeadm reset` on the host of the step, for this host alone, and takes away what it leaves. The host's etcd
 * member must be gone, or every member be about to go: its data are deleted. kubeadm has never run on an etcd host, and
 * would only fail to find there what it looks for.
 * @throws QuorateError `KUBEADM_FAILED`, `RESET_INCOMPLETE`.
 */
export async function resetLeavingHost(context: HostContext): Promise<StepOutcome> {
  await waitForOthers(context)
  const found = await leftovers(context)
  if (found.length === 0) return { changed: false, summary: 'nothing of the cluster is there' }
  if (context.host.role !== 'etcd' && (await hasTraces(context))) await resetHost(context)
  await removeLeftovers(context)
  return { changed: true, summary: 'reset' }
}
