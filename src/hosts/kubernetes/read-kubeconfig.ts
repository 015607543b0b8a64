/** The administrator's kubeconfig, read straight from a control plane; it never passes through Temporal. */
import { hostsWithRole, type Cluster } from '../../cluster/model.js'
import { QuorateError, reportError, type ErrorReport } from '../../errors/index.js'
import type { Session, SessionPool } from '../../ssh/index.js'
import { ADMIN_CONF } from './api/credentials.js'

/** A control plane from which a cluster can be administered. */
export interface Administrator {
  readonly session: Session
  /** Its admin.conf; the server in it is the control plane endpoint. */
  readonly kubeconfig: string
}

/**
 * The first control plane that has an admin.conf.
 * @throws QuorateError with what kept control planes from answering, or `API_UNREACHABLE` if all answer and none has
 *   it.
 */
export async function firstAdministrator(sessions: SessionPool, cluster: Cluster): Promise<Administrator> {
  const failures: ErrorReport[] = []
  for (const host of hostsWithRole(cluster, 'control-plane')) {
    try {
      const session = await sessions.session(host)
      const content = await session.readFile(ADMIN_CONF)
      if (content !== undefined) return { session, kubeconfig: content.toString() }
    } catch (error) {
      failures.push(reportError(error))
    }
  }
  const [first] = failures
  if (first !== undefined) {
    throw new QuorateError(first.code, `no control plane of ${cluster.name} gives its ${ADMIN_CONF}`, {
      hint: 'make one of the control planes answer; one is enough',
      problems: failures,
    })
  }
  throw new QuorateError('API_UNREACHABLE', `no control plane of ${cluster.name} has ${ADMIN_CONF}`, {
    hint: 'run `quorate apply` first: the cluster is not initialised yet',
  })
}
