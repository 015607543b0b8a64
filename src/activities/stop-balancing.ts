/** A load balancer that leaves: the address that clients use moves to another one first. */
import { handAddressOver } from '../hosts/load-balancer/hand-over.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/** Hands the virtual address over. HAProxy itself runs until the host is reset, for connections that still exist. */
export async function stopBalancing(context: HostContext): Promise<StepOutcome> {
  const changed = await handAddressOver(context)
  return { changed, summary: changed ? 'another balancer has the address' : 'keeps no shared address' }
}
