/** What an apply changes in the cluster as a whole, through its first control plane. */
import { crowdedPod, placesFor } from '../../facts/cluster-dns.js'
import { hasPath, type ObservedHost } from '../../facts/facts.js'
import type { Cluster, Host } from '../../cluster/model.js'
import { networkPlugin } from '../../configuration/pod-network/plugins.js'
import type { PlannedChange } from '../../operations/results.js'
import type { Standing } from '../../facts/standing.js'
import { changesOf, type ChangesContext } from './context.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** The pod network and the cluster's DNS. */
export function clusterChanges(
  cluster: Cluster,
  observed: readonly ObservedHost[],
  context: ChangesContext,
): readonly PlannedChange[] {
  const { first, standing } = context
  if (!appliesPodNetwork(cluster)) return []
  const begins = standing === undefined && isBeginning(observed, first)
  const applies = begins || standing?.podNetwork === 'differs'
  const joining = observed.filter(isToJoin).length
  const moves = standing === undefined ? begins && joining > 1 : movesDns(standing, joining)
  return [
    ...changesOf(first, 'pod-network', applies ? [`apply ${networkPlugin(cluster).label}`] : []),
    ...changesOf(first, 'cluster-dns', moves ? [SPREAD] : []),
  ]
}

/** Whether Quorate applies a pod network. Without one, none of CoreDNS's pods starts. */
export function appliesPodNetwork(cluster: Cluster): boolean {
  return networkPlugin(cluster).isApplied
}

/** Whether this apply creates the cluster, or an earlier one did and was cut off. */
function isBeginning(observed: readonly ObservedHost[], first: Host): boolean {
  const entry = observed.find(({ host }) => host.name === first.name)
  return entry !== undefined && !hasPath(entry.facts, HOST_PATHS.initialised)
}

function isToJoin({ host, facts }: ObservedHost): boolean {
  const isNode = host.role === 'control-plane' || host.role === 'worker'
  return isNode && !hasPath(facts, HOST_PATHS.kubeletConf)
}

const SPREAD = 'move a CoreDNS pod to another node if all of them are on one'

/** A node that joins may be another place for a pod. Whether it is shows only once it has joined. */
function movesDns({ clusterDns = [], nodes }: Standing, joining: number): boolean {
  const pod = crowdedPod(clusterDns)
  return pod !== undefined && (joining > 0 || placesFor(pod, nodes).length > 0)
}
