/** The claim: a host says which cluster it belongs to. */
import type { HostContext } from '../context.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/**
 * Marks the host as this cluster's; false if it was marked already. Locking the host has already checked that it is no
 * other's (hosts/lock/script.ts).
 */
export async function claimHost({ session, cluster }: HostContext): Promise<boolean> {
  return session.writeFile(HOST_PATHS.claim, `${cluster.name}\n`, { mode: 0o644 })
}
