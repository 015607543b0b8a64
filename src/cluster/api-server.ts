/** Where a control plane's own API server listens, as kubeadm is told and the load balancer needs it. */
import type { Cluster } from './model.js'

/** kubeadm's default port of the API server on each control plane. */
export const DEFAULT_API_SERVER_PORT = 6443

/**
 * The port on which every control plane's API server listens: kubeadm's default, unless the cluster file sets
 * `localAPIEndpoint.bindPort` for the first one. The joining ones follow it.
 */
export function apiServerBindPort(cluster: Cluster): number {
  const localEndpoint = cluster.kubernetes.kubeadm.initConfiguration['localAPIEndpoint']
  if (typeof localEndpoint !== 'object' || localEndpoint === null || !('bindPort' in localEndpoint)) {
    return DEFAULT_API_SERVER_PORT
  }
  return typeof localEndpoint.bindPort === 'number' ? localEndpoint.bindPort : DEFAULT_API_SERVER_PORT
}
