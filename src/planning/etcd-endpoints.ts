/** Which API servers use etcd endpoints other than those in the cluster file. */
import type { HostFacts, ObservedHost } from '../facts/facts.js'
import type { Cluster, Host } from '../cluster/model.js'

/** Control planes whose API server must get other endpoints. */
export function staleEndpoints(cluster: Cluster, observed: readonly ObservedHost[]): readonly Host[] {
  const { etcd } = cluster
  if (etcd.topology !== 'external') return []
  return observed
    .filter(({ host, facts }) => host.role === 'control-plane' && asksOthers(facts, etcd.endpoints))
    .map(({ host }) => host)
}

function asksOthers({ etcdServers }: HostFacts, endpoints: readonly string[]): boolean {
  if (etcdServers === undefined || etcdServers.some(isLoopback)) return false
  return !areSameEndpoints(etcdServers, endpoints)
}

/** An API server that uses a stacked member on its own host: editing the endpoints cannot change that. */
function isLoopback(url: string): boolean {
  return /^https:\/\/(?:127\.|localhost|\[::1\])/.test(url)
}

/** Whether the endpoints are the same, in any order. */
export function areSameEndpoints(some: readonly string[], others: readonly string[]): boolean {
  return [...new Set(some)].sort().join() === [...new Set(others)].sort().join()
}
