/** The last look at a host that was reset. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import type { HostContext } from '../../hosts/context.js'
import { leftovers } from '../../hosts/kubeadm/leftovers.js'
import type { StepOutcome } from '../../operations/steps.js'

/** What a last look has found. */
export interface RemainsFound extends StepOutcome {
  /** What the host still has of the cluster, in words. */
  readonly remains: readonly string[]
}

/** Looks at everything that a reset takes away; changes nothing. */
export async function lookForRemains(context: HostContext): Promise<RemainsFound> {
  const found = await leftovers(context)
  const isClaimed = (await context.session.readFile(HOST_PATHS.claim)) !== undefined
  const remains = [...found, ...(isClaimed ? ['the claim of the cluster'] : [])]
  const summary = remains.length === 0 ? 'bare' : `still there: ${remains.join(', ')}`
  return { changed: false, summary, remains }
}
