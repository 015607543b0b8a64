/** Waiting for the API server on the host of a step. */
import type { HostContext } from '../context.js'
import { waitUntil } from '../wait.js'
import { localApi } from './cluster-api.js'
import { isApiServerReady } from './health.js'

/**
 * Waits until the host's own API server says that it is ready. `step` is named in the error.
 * @throws QuorateError `CONTROL_PLANE_NOT_READY` when it is not for a long time.
 */
export async function waitForApiServer(context: HostContext, step: string): Promise<void> {
  const api = localApi(context.cluster, context.session)
  await waitUntil(
    context,
    async () => ((await isApiServerReady(api)) ? undefined : 'its API server is not ready'),
    (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step }),
    { timeoutMs: context.patience.components },
  )
}
