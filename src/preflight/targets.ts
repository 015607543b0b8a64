/** What each host will connect to, on what port, before anything listens there. */
import type { HostFacts } from '../facts/facts.js'
import { endpointOfUrl, type Reachability } from '../facts/host-details.js'
import { requiredPorts } from '../configuration/ports.js'
import type { PortClients, RequiredPort } from '../configuration/port.js'
import { etcdPlace, type Cluster, type Endpoint, type Host, type HostRole } from '../cluster/model.js'

/** A connection that the cluster will need. */
export interface Connection {
  readonly from: Host
  readonly to: Host
  readonly port: RequiredPort
}

/** Roles of the hosts that open connections to a port; `etcd-peers` have the role of the host itself. */
const CLIENT_ROLES: Readonly<Record<PortClients, readonly HostRole[]>> = {
  everybody: ['control-plane', 'worker', 'load-balancer'],
  'control-planes': ['control-plane'],
  'etcd-clients': ['control-plane', 'etcd'],
  'etcd-peers': [],
  // Only load balancers outside the cluster connect to these.
  cluster: [],
  host: [],
}

/** The connections that a host will open to others, in the directions that matter. */
export function connectionsFrom(cluster: Cluster, from: Host): readonly Connection[] {
  return cluster.hosts
    .filter((to) => to.name !== from.name && to.role !== 'load-balancer')
    .flatMap((to) =>
      requiredPorts(cluster, to)
        .filter(({ protocol, clients }) => {
          const roles = clients === 'etcd-peers' ? [to.role] : CLIENT_ROLES[clients]
          return protocol === 'tcp' && roles.includes(from.role)
        })
        .map((port) => ({ from, to, port })),
    )
}

/** Everything that a host should try to connect to: its peers, the endpoint, and the sources of packages and images. */
export function connectionTargets(cluster: Cluster, from: Host): readonly Endpoint[] {
  const peers = connectionsFrom(cluster, from).map(({ to, port }) => ({
    host: to.internalAddress,
    port: port.port,
  }))
  const repository = cluster.packages.install ? endpointOfUrl(cluster.packages.repository) : undefined
  const others = [
    ...(usesEndpoint(from) ? [cluster.kubernetes.controlPlaneEndpoint] : []),
    ...(from.role === 'load-balancer' ? [] : [imageRegistry(cluster)]),
    ...(from.role === 'control-plane' ? foreignEtcd(cluster) : []),
    ...(repository === undefined || from.role === 'load-balancer' ? [] : [repository]),
  ]
  return [...peers, ...others]
}

/**
 * Whether the host reaches the API through the control plane endpoint. Balancers are behind it, and etcd does not use
 * the API.
 */
export function usesEndpoint({ role }: Host): boolean {
  return role === 'control-plane' || role === 'worker'
}

/** The members of an etcd that somebody else runs. */
export function foreignEtcd(cluster: Cluster): readonly Endpoint[] {
  const { etcd } = cluster
  if (etcd.topology === 'stacked' || etcdPlace(cluster) !== 'elsewhere') return []
  return etcd.endpoints.flatMap((url) => endpointOfUrl(url) ?? [])
}

/** How an attempt went; undefined if none was made. */
export function reached(facts: HostFacts, { host, port }: Endpoint): Reachability | undefined {
  return facts.probes?.connections[`${host}:${port}`]
}

const HTTPS = 443

/** Where images come from: the registry's mirror, if the file has one, or else the registry itself. */
export function imageRegistry(cluster: Cluster): Endpoint {
  const registry = cluster.kubernetes.imageRepository.split('/')[0] ?? ''
  const mirror = cluster.containerRuntime.registries.find((one) => one.registry === registry)
  return endpointOfUrl(mirror?.endpoint ?? `https://${registry}`) ?? { host: registry, port: HTTPS }
}
