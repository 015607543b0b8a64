/** Checks that the pod and service networks share no address with the networks that the hosts are in. */
import type { ObservedHost } from '../facts/facts.js'
import { networkPlugin } from '../configuration/pod-network/plugins.js'
import { networksOverlap, parseIpAddress, parseNetwork } from '../values/ip-address.js'
import type { Cluster } from '../cluster/model.js'
import { finding, hasJoined, perHost, type Check, type PreflightFinding } from './finding.js'

/**
 * Interfaces that pod networks of all sorts create, beside those of the cluster's own. One that is left after a reset may
 * be in the pods' network.
 */
const POD_INTERFACES = /^(cni|flannel|kube-|cali|cilium|lxc|weave|tunl|vxlan\.|nodelocaldns)/

/** A network that a host is in or has a route to. */
interface HostNetwork {
  readonly text: string
  readonly interface: string
  /** Set if the route leads through another machine. */
  readonly gateway?: string
}

/**
 * A network that an interface is in must not overlap, because its machines would be out of reach. A route through a
 * gateway to a larger network may overlap, because the more specific route wins; it is only a warning.
 */
export const networkOverlaps: Check = perHost((entry, { cluster }) => {
  if (hasJoined(entry.facts)) return []
  const { podSubnet, serviceSubnet } = cluster.kubernetes.networking
  return Object.entries({ podSubnet, serviceSubnet }).flatMap(([field, subnet]) =>
    hostNetworks(cluster, entry).flatMap((network) => overlap(entry, field, subnet, network)),
  )
})

function overlap(
  { host }: ObservedHost,
  field: string,
  subnet: string,
  { text, interface: name, gateway }: HostNetwork,
): readonly PreflightFinding[] {
  const [ours, theirs] = [parseNetwork(subnet), parseNetwork(text)]
  if (ours === undefined || theirs === undefined || !networksOverlap(ours, theirs)) return []
  const through = gateway === undefined ? '' : ` through ${gateway}`
  const message = `the ${field} ${subnet} overlaps with ${text} of ${name}${through}`
  const hint = `choose a kubernetes.networking.${field} apart from the hosts' networks (\`ip route\`)`
  return [finding(gateway === undefined ? 'error' : 'warning', 'NETWORKS_OVERLAP', host, message, hint)]
}

function hostNetworks(cluster: Cluster, { facts: { details } }: ObservedHost): readonly HostNetwork[] {
  if (details === undefined) return []
  const addresses = new Set(cluster.hosts.map(({ internalAddress }) => internalAddress))
  const connected = details.addresses.map((one) => ({
    text: asNetwork(one.address),
    interface: one.interface,
  }))
  const routed = details.routes
    // Left by Flannel's host-gw: a route to another node's pods.
    .filter(({ gateway }) => gateway !== undefined && !addresses.has(gateway))
    .map(({ destination, ...route }) => ({ text: asNetwork(destination), ...route }))
  const { links } = networkPlugin(cluster)
  return [...connected, ...routed].filter(
    (network) => !POD_INTERFACES.test(network.interface) && !links.includes(network.interface),
  )
}

/**
 * A route to a single machine is written without a prefix length, and so is the address of a point-to-point interface.
 */
function asNetwork(destination: string): string {
  const address = parseIpAddress(destination)
  return address === undefined ? destination : `${destination}/${address.family === 4 ? 32 : 128}`
}
