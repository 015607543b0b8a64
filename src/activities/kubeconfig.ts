/** The administrator's kubeconfig, read straight from a control plane; it never passes through Temporal. */
import { hostsWithRole, type Cluster } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import type { SessionPool } from '../ssh/index.js'
import { ADMIN_CONF } from './kubectl.js'

/**
 * admin.conf of the first control plane that has one; its server is the control plane endpoint.
 * @throws QuorateError `API_UNREACHABLE` when none has.
 */
export async function readKubeconfig(sessions: SessionPool, cluster: Cluster): Promise<string> {
  let lastError: Error | undefined
  for (const host of hostsWithRole(cluster, 'control-plane')) {
    try {
      const content = await (await sessions.session(host)).readFile(ADMIN_CONF)
      if (content !== undefined) return content.toString()
    } catch (error) {
      lastError = error instanceof Error ? error : new Error(String(error))
    }
  }
  if (lastError !== undefined) throw lastError
  throw new QuorateError('API_UNREACHABLE', `no control plane of ${cluster.name} has ${ADMIN_CONF}`, {
    hint: 'the cluster is not initialised yet; run `quorate apply` first',
  })
}
