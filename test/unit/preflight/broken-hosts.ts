/** A cluster whose hosts are ready, broken where a test says so, and what preflight finds then. */
import type { HostFacts } from '../../../src/facts/facts.js'
import type { HostDetails, HostProbes, Reachability } from '../../../src/facts/host-details.js'
import type { Cluster } from '../../../src/cluster/model.js'
import { preflight } from '../../../src/preflight/checks.js'
import type { PreflightFinding } from '../../../src/preflight/finding.js'
import { aCluster, bareDetails, bareFacts, bareProbes } from '../../support/clusters.js'

/** What is wrong with a host. */
export interface Broken extends Partial<Omit<HostFacts, 'details' | 'probes'>> {
  readonly details?: Partial<HostDetails>
  readonly probes?: Partial<HostProbes>
  /** Attempts that end otherwise than they should, by `host:port`. */
  readonly connections?: Readonly<Record<string, Reachability>>
}

/** Everything that preflight finds. */
export function findingsWith(
  broken: Readonly<Record<string, Broken>> = {},
  cluster: Cluster = aCluster(),
): readonly PreflightFinding[] {
  const observed = cluster.hosts.map((host) => {
    const { details, probes, connections, ...facts } = broken[host.name] ?? {}
    const probed = { ...bareProbes(cluster, host.name, connections), ...probes }
    return {
      host,
      facts: { ...bareFacts(host.name, facts), details: bareDetails(host.name, details), probes: probed },
    }
  })
  return preflight(cluster, observed)
}

/** `w1 error PORT_BUSY`, for each finding. */
export function marksWith(broken: Readonly<Record<string, Broken>>, cluster?: Cluster): readonly string[] {
  return findingsWith(broken, cluster).map(
    ({ host, severity, code }) => `${host ?? 'all'} ${severity} ${code}`,
  )
}

/** The facts of a node that has joined. */
export const JOINED: Broken = { paths: ['/etc/kubernetes/kubelet.conf'], claimedBy: 'prod' }
