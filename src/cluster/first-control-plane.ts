/** Which control plane `kubeadm init` runs on, or ran on: told by the hosts, not by the order of the file. */
import { QuorateError } from '../errors/index.js'
import { hasPath, type ObservedHost } from './facts.js'
import { hostsWithRole, type Cluster, type Host } from './model.js'

/**
 * The control plane that is, or will be, initialised: one with etcd's data and admin.conf where there is one, then
 * one with the cluster's CA key, then the first of the file. Never a bare host where the cluster exists elsewhere,
 * for `kubeadm init` there would make a second cluster.
 */
export function firstControlPlane(cluster: Cluster, observed: readonly ObservedHost[]): Host {
  const standing = ({ facts }: ObservedHost): number => {
    if (hasPath(facts, '/var/lib/etcd/member') && hasPath(facts, '/etc/kubernetes/admin.conf')) return 2
    return hasPath(facts, '/etc/kubernetes/pki/ca.key') ? 1 : 0
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
