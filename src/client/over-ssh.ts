/** What a client does on hosts by itself, over SSH and without Temporal. */
import type { Cluster } from '../cluster/model.js'
import type { CertificatesFound } from '../hosts/certificates/inspect.js'
import type { HostLocks } from '../hosts/lock/inspect.js'
import type { SessionPool } from '../ssh/index.js'
import { readAdminAccess, type AdminAccess } from './kubeconfig/check.js'

export type { CertificateSeen, CertificatesFound } from '../hosts/certificates/inspect.js'
export type { HostLocks, LockedHost, LocksBroken, LocksFound } from '../hosts/lock/inspect.js'

/**
 * The administrator's access to a cluster. It is a secret, so no server may see it.
 * @throws QuorateError of the SSH_ family, `API_UNREACHABLE` when no control plane has one yet, or `KUBECONFIG_UNUSABLE`
 *   for one that kubeadm did not write like that.
 */
export async function fetchAdminAccess(cluster: Cluster): Promise<AdminAccess> {
  const { readKubeconfig } = await import('../hosts/kubernetes/read-kubeconfig.js')
  return readAdminAccess(await withSessions((sessions) => readKubeconfig(sessions, cluster)))
}

/** Gives access to the locks of a cluster's hosts. */
export async function withHostLocks<Result>(
  cluster: Cluster,
  act: (locks: HostLocks) => Promise<Result>,
): Promise<Result> {
  const { hostLocks } = await import('../hosts/lock/inspect.js')
  return withSessions((sessions) => act(hostLocks(sessions, cluster)))
}

/** Reads the certificates of a cluster's hosts; private keys stay there. */
export async function fetchCertificates(cluster: Cluster): Promise<CertificatesFound> {
  const { inspectCertificates } = await import('../hosts/certificates/inspect.js')
  return withSessions((sessions) => inspectCertificates(sessions, cluster))
}

async function withSessions<Result>(act: (sessions: SessionPool) => Promise<Result>): Promise<Result> {
  const { createSessionPool } = await import('../ssh/index.js')
  const sessions = createSessionPool()
  try {
    return await act(sessions)
  } finally {
    await sessions.close()
  }
}
