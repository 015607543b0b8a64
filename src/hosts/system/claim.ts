/** The claim: a host says which cluster it belongs to. */
import { CLAIM_FILE } from '../../facts/facts.js'
import type { HostContext } from '../context.js'

/** Marks the host as this cluster's. Locking the host has already checked that it is no other's (hosts/lock/script.ts). */
export async function claimHost({ session, cluster }: HostContext): Promise<void> {
  await session.writeFile(CLAIM_FILE, `${cluster.name}\n`, { mode: 0o644 })
}
