/** Which cluster a host belongs to, as the host itself shows it: nothing of another cluster is ever reset. */
import { formatEndpoint, hostsWithRole, type Cluster } from '../../cluster/model.js'
import type { HostFacts, ObservedHost } from '../../facts/facts.js'
import { firstControlPlane } from '../../facts/first-control-plane.js'
import type { ClusterPresence } from '../../facts/standing.js'

/**
 * The CA of the file's cluster: the running cluster's own, else that of the control plane which is furthest along.
 * Undefined if nobody has one any more.
 */
export function knownCa(
  file: Cluster,
  observed: readonly ObservedHost[],
  presence: ClusterPresence,
): string | undefined {
  if (presence.kind === 'read') return presence.standing.caHash
  const claimed = observed.filter(({ facts }) => facts.claimedBy === file.name)
  if (hostsWithRole(file, 'control-plane').length === 0) return undefined
  const first = firstControlPlane(file, claimed)
  return claimed.find(({ host }) => host.name === first.name)?.facts.caHash
}

/** Whether the host shows that it is, or was, part of a cluster. A bare host has neither a claim nor a trace. */
export function isUsed({ claimedBy, caHash, apiServer, paths }: HostFacts): boolean {
  return [claimedBy, caHash, apiServer].some((one) => one !== undefined) || paths.length > 0
}

/**
 * Why the host is not one of this cluster's; undefined for one that is, and for a bare one.
 * @param ca as {@link knownCa} tells it.
 */
export function foreignReason(
  { name, kubernetes }: Cluster,
  facts: HostFacts,
  ca: string | undefined,
): string | undefined {
  const { claimedBy, caHash, apiServer } = facts
  const endpoint = formatEndpoint(kubernetes.controlPlaneEndpoint)
  if (claimedBy !== undefined && claimedBy !== name) return `the host is claimed by the cluster ${claimedBy}`
  if (caHash !== undefined && ca !== undefined && caHash !== ca) {
    return `the host has another cluster CA (${caHash.slice(0, 23)}…) than ${name}`
  }
  if (claimedBy === name || !isUsed(facts)) return undefined
  if (apiServer !== undefined && apiServer !== endpoint)
    return `the host belongs to the cluster at ${apiServer}`
  const isKnown = apiServer === endpoint || (caHash !== undefined && caHash === ca)
  return isKnown ? undefined : `the host is in use, and nothing on it shows that it belongs to ${name}`
}
