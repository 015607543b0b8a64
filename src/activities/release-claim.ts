/** Gives a host back that belongs to the cluster no more: any cluster may have it now. */
import { HOST_PATHS } from '../cluster/host-paths.js'
import { expectSuccess, script } from '../ssh/index.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

// What keeps out the commands of earlier operations that are late stays with the lock.
const FORGET = `
[ ! -d ${HOST_PATHS.quorate} ] || find ${HOST_PATHS.quorate} -mindepth 1 -maxdepth 1 ! -name 'lock*' -exec rm -rf -- {} +`

/**
 * Removes the claim on the host of the step. The lock stays until the end of the operation. `forgetAll`: everything
 * else that Quorate keeps on the host goes as well, the journal of what ran there included.
 */
export async function releaseClaim({ session, host }: HostContext, forgetAll: boolean): Promise<StepOutcome> {
  const changed = await session.removeFile(HOST_PATHS.claim)
  if (forgetAll) {
    expectSuccess(await session.run(script(FORGET), { root: true }), 'forgetting what ran here', host)
  }
  return { changed, summary: changed ? 'belongs to no cluster' : 'belongs to no cluster already' }
}
