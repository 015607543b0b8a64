/** Where a control plane's own API server listens, for kubeadm and for the load balancer. */
import { DEFAULT_API_SERVER_PORT } from '../../cluster/endpoint.js'
import { mergeExtraArguments } from './extra-arguments.js'
import { isPlainObject } from '../../values/merge.js'
import { formatEndpoint, type Cluster, type Host } from '../../cluster/model.js'

/**
 * The port on which every control plane's API server listens: kubeadm's default, unless the cluster file sets
 * `localAPIEndpoint.bindPort` for the first one. Control planes that join use the same port.
 */
export function apiServerBindPort(cluster: Cluster): number {
  return bindPortOf(cluster.kubernetes.kubeadm.initConfiguration)
}

/** Like {@link apiServerBindPort}, for the cluster file's overrides of kubeadm's InitConfiguration. */
export function bindPortOf(initConfiguration: unknown): number {
  const localEndpoint = isPlainObject(initConfiguration) ? initConfiguration['localAPIEndpoint'] : undefined
  const port = isPlainObject(localEndpoint) ? localEndpoint['bindPort'] : undefined
  return typeof port === 'number' ? port : DEFAULT_API_SERVER_PORT
}

/**
 * Whether `apiServer` (`host:port`) is an API server of the cluster, as a kubeconfig names it: at the cluster's endpoint, or
 * on the host itself, to which the kubelet of a control plane may talk.
 */
export function isOwnApiServer(cluster: Cluster, apiServer: string, host?: Host): boolean {
  const { controlPlaneEndpoint } = cluster.kubernetes
  const port = apiServerBindPort(cluster)
  const local = host === undefined ? [] : [{ host: host.internalAddress, port }]
  return [controlPlaneEndpoint, ...local].some(
    (one) => formatEndpoint(one).toLowerCase() === apiServer.toLowerCase(),
  )
}

/**
 * The key prefix under which API servers keep everything in etcd. Clusters that share one etcd use different prefixes.
 */
export function registryKey({ kubernetes }: Cluster): string {
  const { apiServer } = kubernetes.kubeadm.clusterConfiguration
  const given = isPlainObject(apiServer) ? apiServer['extraArgs'] : undefined
  const field = 'clusterConfiguration.apiServer.extraArgs'
  const named = given === undefined ? [] : mergeExtraArguments([], given, field)
  const prefix = named.findLast(({ name }) => name === 'etcd-prefix')?.value ?? 'registry'
  return `/${prefix.replaceAll(/^\/+|\/+$/g, '')}/`
}
