/** Nothing of the cluster runs on a host any more, and nothing starts again: the point from which a reset only goes on. */
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { stopEverything } from '../../hosts/kubeadm/leftovers.js'
import type { StepOutcome } from '../../operations/steps.js'

/**
 * Stops kubelet, pods and load balancer on the host of the step. Data stay.
 * @throws QuorateError `RESET_INCOMPLETE` when something goes on running.
 */
export async function stopHost(context: HostContext): Promise<StepOutcome> {
  await waitForOthers(context)
  const stopped = await stopEverything(context)
  return stopped.length === 0
    ? { changed: false, summary: 'nothing ran' }
    : { changed: true, summary: `stopped ${stopped.join(', ')}` }
}
