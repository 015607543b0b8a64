/** The identity guard: before anything is changed on a host it is claimed for this cluster, and never taken from another. */
import { CLAIM_FILE } from '../cluster/facts.js'
import { QuorateError } from '../errors/index.js'
import type { Step } from './step.js'

/**
 * Marks the host as this cluster's.
 * @throws QuorateError `FOREIGN_CLUSTER` when it is another's.
 */
export async function claimHost({ session, cluster, host }: Step): Promise<void> {
  const claim = (await session.readFile(CLAIM_FILE))?.toString().trim()
  if (claim === cluster.name) return
  if (claim !== undefined) {
    throw new QuorateError('FOREIGN_CLUSTER', `the host is claimed by the cluster ${claim}`, {
      host: host.name,
    })
  }
  await session.writeFile(CLAIM_FILE, `${cluster.name}\n`, { mode: 0o644 })
}
