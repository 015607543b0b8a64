/** Gives a host back that has left the cluster: any cluster may have it now. */
import { HOST_PATHS } from '../cluster/host-paths.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/** Removes the claim on the host of the step. The lock stays until the end of the operation. */
export async function releaseClaim({ session }: HostContext): Promise<StepOutcome> {
  const changed = await session.removeFile(HOST_PATHS.claim)
  return { changed, summary: changed ? 'belongs to no cluster' : 'belongs to no cluster already' }
}
