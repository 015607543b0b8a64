/** Checks that the endpoint's name leads every host to the load balancer. */
import { parseIpAddress } from '../values/ip-address.js'
import { balancerHosts, balancerPlaces, virtualAddressOf } from '../cluster/balancer-hosts.js'
import type { Cluster } from '../cluster/model.js'
import { finding, type Check } from './finding.js'
import { usesEndpoint } from './targets.js'

/** The name must resolve on every host that will use it. */
export const endpointName: Check = ({ cluster, observed }) => {
  const { host: name } = cluster.kubernetes.controlPlaneEndpoint
  const unresolved = observed.filter(({ host, facts: { probes } }) => {
    if (!usesEndpoint(host) || probes === undefined) return false
    return probes.endpointAddresses.length === 0 && probes.unanswered?.includes(name) !== true
  })
  return unresolved.map(({ host }) => {
    const message = `the endpoint's name ${name} does not resolve on the host`
    const hint = `add a DNS entry for ${name} with the load balancer's address (${balancerAddresses(cluster).join(', ') || 'yours'}), or an entry in /etc/hosts of the host; an apply waits for it`
    return finding('warning', 'ENDPOINT_NOT_RESOLVED', host, message, hint)
  })
}

/**
 * If the balancers are ours, the name must lead to one of them, or to the address that moves between them. In any case,
 * it must not lead a node to itself.
 */
export const endpointAddress: Check = ({ cluster, observed }) => {
  const { host: name } = cluster.kubernetes.controlPlaneEndpoint
  const right = balancerAddresses(cluster)
  if (parseIpAddress(name) !== undefined) return []
  return observed.flatMap(({ host, facts }) => {
    const found = facts.probes?.endpointAddresses ?? []
    // On the balancer itself, a name in /etc/hosts may well lead to the loopback address.
    if (!usesEndpoint(host) || found.length === 0) return []
    if (found.some((address) => right.includes(address))) return []
    if (found.every(isLoopback)) {
      const message = `${name} resolves to ${found.join(', ')}, which is the host itself`
      const hint = `remove ${name} from the loopback lines of /etc/hosts on ${host.name}; on every node it must resolve to ${right.join(', ') || 'the address that all of them reach'}`
      return [finding('warning', 'ENDPOINT_WRONG_ADDRESS', host, message, hint)]
    }
    if (right.length === 0) return []
    const message = `${name} resolves to ${found.join(', ')}; the load balancer is at ${right.join(', ')}`
    return [finding('warning', 'ENDPOINT_WRONG_ADDRESS', host, message)]
  })
}

/** For example, Debian's installer gives the host's own name 127.0.1.1. */
function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

/** Where the name must lead. Empty if the balancers are somebody else's, or known only by name. */
function balancerAddresses(cluster: Cluster): readonly string[] {
  const virtualAddress = virtualAddressOf(cluster)
  if (virtualAddress !== undefined) return [virtualAddress.address]
  const addresses = [
    ...balancerHosts(cluster).flatMap(({ address, internalAddress }) => [internalAddress, address]),
    ...balancerPlaces(cluster).map(({ internalAddress }) => internalAddress),
  ]
  return [...new Set(addresses)].filter((address) => parseIpAddress(address) !== undefined)
}
