/** What an apply changes in the cluster as a whole, through its first control plane. */
import { crowdedPod, placesFor } from '../../facts/cluster-dns.js'
import { hasPath, INITIALISED_MARKER, type ObservedHost } from '../../facts/facts.js'
import type { Cluster, Host, PodNetwork } from '../../cluster/model.js'
import type { PlannedChange } from '../../operations/results.js'
import type { Standing } from '../../facts/standing.js'
import { changesOf, type ChangesContext } from './context.js'

/** The pod network and the cluster's DNS. */
export function clusterChanges(
  cluster: Cluster,
  observed: readonly ObservedHost[],
  context: ChangesContext,
): readonly PlannedChange[] {
  const { network } = cluster
  const { first, standing } = context
  if (network.plugin === 'none') return []
  const begins = standing === undefined && isBeginning(observed, first)
  const applies = begins || standing?.podNetwork === 'differs'
  const joining = observed.filter(isToJoin).length
  const moves = standing === undefined ? begins && joining > 1 : movesDns(standing, joining)
  return [
    ...changesOf(first, 'Pod network', applies ? [`apply ${networkName(network)}`] : []),
    ...changesOf(first, 'Cluster DNS', moves ? [SPREAD] : []),
  ]
}

/** Whether this apply creates the cluster, or an earlier one did and was cut off. */
function isBeginning(observed: readonly ObservedHost[], first: Host): boolean {
  const entry = observed.find(({ host }) => host.name === first.name)
  return entry !== undefined && !hasPath(entry.facts, INITIALISED_MARKER)
}

function isToJoin({ host, facts }: ObservedHost): boolean {
  const isNode = host.role === 'control-plane' || host.role === 'worker'
  return isNode && !hasPath(facts, '/etc/kubernetes/kubelet.conf')
}

const SPREAD = 'move a pod of CoreDNS to another node, where all of them are on one'

function networkName(network: Exclude<PodNetwork, { plugin: 'none' }>): string {
  return network.plugin === 'flannel' ? `Flannel (${network.backend})` : network.source
}

/** A node that joins may be another place for a pod. Whether it is shows only once it has joined. */
function movesDns({ clusterDns = [], nodes }: Standing, joining: number): boolean {
  const pod = crowdedPod(clusterDns)
  return pod !== undefined && (joining > 0 || placesFor(pod, nodes).length > 0)
}
