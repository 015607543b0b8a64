/** Waiting for API servers: that on the host of a step, and those of other control planes. */
import type { Host } from '../../cluster/model.js'
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

/**
 * Waits until the API servers of other control planes are ready: they carry the cluster while that of the step's host is
 * away. `step` is named in the error.
 * @throws QuorateError `CONTROL_PLANE_NOT_READY` when one is not for a long time.
 */
export async function waitForOtherApiServers(
  context: HostContext,
  others: readonly Host[],
  step: string,
): Promise<void> {
  const { cluster, sessions, signal } = context
  await waitUntil(
    context,
    async () => {
      for (const other of others) {
        const api = localApi(cluster, await sessions.session(other, signal))
        if (!(await isApiServerReady(api))) return `the API server of ${other.name} is not ready`
      }
      return undefined
    },
    (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step }),
    { timeoutMs: context.patience.components },
  )
}
