/** Which control plane `kubeadm init` runs on, or ran on. The hosts decide, not the order of the file. */
import { QuorateError } from '../errors/index.js'
import { hasPath, type HostFacts, type ObservedHost } from './facts.js'
import { hostsWithRole, type Cluster, type Host } from '../cluster/model.js'
import { HOST_PATHS } from '../cluster/host-paths.js'
import type { ClusterPresence } from './standing.js'

/**
 * The path which shows that a control plane holds a cluster's state or, with external etcd, that it serves the cluster.
 */
const STATE = {
  stacked: HOST_PATHS.etcdMember,
  external: HOST_PATHS.apiServerManifest,
} as const

/**
 * The control plane that is, or will be, initialised. A host that holds the cluster's state comes before all others,
 * because `kubeadm init` elsewhere would make a second cluster. Of several, the one that is furthest along wins,
 * because the others may be in the middle of a join. Next comes a host with the cluster's CA key, where an init or the
 * copying of certificates was interrupted. The first control plane of the file comes last.
 */
export function firstControlPlane(cluster: Cluster, observed: readonly ObservedHost[]): Host {
  const state = STATE[cluster.etcd.topology]
  const standing = ({ facts }: ObservedHost): number => {
    if (!hasPath(facts, state)) return hasPath(facts, HOST_PATHS.caKey) ? 1 : 0
    const ranks = [
      facts.listeners.some(({ program }) => program === 'kube-apiserver'),
      hasPath(facts, HOST_PATHS.adminConf),
      hasPath(facts, HOST_PATHS.kubeletConf),
    ]
    return ranks.reduce((rank, holds) => rank * 2 + Number(holds), 1) + 1
  }
  const candidates = observed.filter(({ host }) => host.role === 'control-plane')
  const best = candidates.reduce<ObservedHost | undefined>(
    (best, entry) => (best === undefined || standing(entry) > standing(best) ? entry : best),
    undefined,
  )
  const first = best?.host ?? hostsWithRole(cluster, 'control-plane')[0]
  if (first === undefined) throw new QuorateError('CLUSTER_FILE_INVALID', 'the cluster has no control plane')
  return first
}

/**
 * Whether an API server was set up on the control plane. The cluster still exists if somebody moves the manifest away
 * to stop the API server, or removes admin.conf from the host.
 */
export function showsCluster(facts: HostFacts): boolean {
  const isInitialised = hasPath(facts, HOST_PATHS.initialised) && hasPath(facts, HOST_PATHS.caCertificate)
  const isMember = hasPath(facts, HOST_PATHS.kubeletConf) && hasPath(facts, HOST_PATHS.etcdMember)
  return hasPath(facts, HOST_PATHS.apiServerManifest) || isInitialised || isMember
}

/**
 * Whether hosts or the running cluster show that a cluster was initialised: there is the record of it, more than one
 * control plane, or a node besides the first. An init that did not finish leaves none of these.
 */
export function isInitialised(
  cluster: Cluster,
  observed: readonly ObservedHost[],
  presence: ClusterPresence,
): boolean {
  const first = firstControlPlane(cluster, observed)
  const nodes = presence.kind === 'read' ? presence.standing.nodes : []
  if (nodes.some(({ name }) => name !== first.name)) return true
  const serving = servingControlPlanes(cluster, observed)
  const isRecorded = ({ host, facts }: ObservedHost) =>
    serving.includes(host) && hasPath(facts, HOST_PATHS.initialised)
  return serving.length > 1 || observed.some(isRecorded)
}

/**
 * The control planes that may know of a running cluster. Those that can be asked come before the others, and the first
 * control plane comes first among them.
 */
export function servingControlPlanes(cluster: Cluster, observed: readonly ObservedHost[]): readonly Host[] {
  const first = firstControlPlane(cluster, observed).name
  const rank = ({ host, facts }: ObservedHost) =>
    2 * Number(hasPath(facts, HOST_PATHS.adminConf)) + Number(host.name === first)
  return observed
    .filter(({ host, facts }) => host.role === 'control-plane' && showsCluster(facts))
    .toSorted((a, b) => rank(b) - rank(a))
    .map(({ host }) => host)
}
