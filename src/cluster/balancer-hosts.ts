/** Which hosts run our load balancer: dedicated hosts, or the control planes themselves. */
import type { Bystander, Cluster, Host, VirtualAddress } from './model.js'

/** The hosts that run our HAProxy, in the order of the cluster file. Empty if the load balancer is external. */
export function balancerHosts({ loadBalancer, hosts }: Cluster): readonly Host[] {
  return loadBalancer.type === 'haproxy' ? hosts.filter(({ name }) => loadBalancer.hosts.includes(name)) : []
}

/**
 * The name and internal address of each balancer, in the order of `loadBalancer.hosts`. Includes balancers that are
 * away, since they come back.
 */
export function balancerPlaces(cluster: Cluster): readonly Pick<Bystander, 'name' | 'internalAddress'>[] {
  const { loadBalancer, hosts, bystanders = [] } = cluster
  if (loadBalancer.type !== 'haproxy') return []
  const places = [...hosts, ...bystanders]
  return loadBalancer.hosts.flatMap((name) => places.find((place) => place.name === name) ?? [])
}

/** Whether the host runs our HAProxy, whatever else it does. */
export function runsBalancer({ loadBalancer }: Cluster, host: Host): boolean {
  return loadBalancer.type === 'haproxy' && loadBalancer.hosts.includes(host.name)
}

/** The address that moves between the balancers, if they have one. */
export function virtualAddressOf({ loadBalancer }: Cluster): VirtualAddress | undefined {
  return loadBalancer.type === 'haproxy' ? loadBalancer.virtualAddress : undefined
}

/** Packages that a balancer needs. keepalived uses curl to query the API. */
export function balancerPackages(cluster: Cluster): readonly string[] {
  return virtualAddressOf(cluster) === undefined ? ['haproxy'] : ['haproxy', 'keepalived', 'curl']
}
