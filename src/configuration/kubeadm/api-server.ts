/** Where a control plane's own API server listens, as kubeadm is told and the load balancer needs it. */
import { DEFAULT_API_SERVER_PORT } from '../../cluster/endpoint.js'
import { mergeExtraArguments } from './extra-arguments.js'
import { isPlainObject } from '../../values/merge.js'
import type { Cluster } from '../../cluster/model.js'

/**
 * The port on which every control plane's API server listens: kubeadm's default, unless the cluster file sets
 * `localAPIEndpoint.bindPort` for the first one. The joining ones follow it.
 */
export function apiServerBindPort(cluster: Cluster): number {
  return bindPortOf(cluster.kubernetes.kubeadm.initConfiguration)
}

/** As {@link apiServerBindPort}, of what the cluster file lays over kubeadm's InitConfiguration. */
export function bindPortOf(initConfiguration: unknown): number {
  const localEndpoint = isPlainObject(initConfiguration) ? initConfiguration['localAPIEndpoint'] : undefined
  const port = isPlainObject(localEndpoint) ? localEndpoint['bindPort'] : undefined
  return typeof port === 'number' ? port : DEFAULT_API_SERVER_PORT
}

/** Below which key API servers keep everything in etcd; clusters that share one etcd differ in it. */
export function registryKey({ kubernetes }: Cluster): string {
  const { apiServer } = kubernetes.kubeadm.clusterConfiguration
  const given = isPlainObject(apiServer) ? apiServer['extraArgs'] : undefined
  const field = 'clusterConfiguration.apiServer.extraArgs'
  const named = given === undefined ? [] : mergeExtraArguments([], given, field)
  const prefix = named.findLast(({ name }) => name === 'etcd-prefix')?.value ?? 'registry'
  return `/${prefix.replaceAll(/^\/+|\/+$/g, '')}/`
}
