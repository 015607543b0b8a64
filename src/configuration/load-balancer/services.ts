/**
 * The services of a balancer, each with the one file that it reads. Steps write these files, and a plan compares them.
 */
import type { InterfaceAddress } from '../../values/ip-address.js'
import type { HostFile } from '../host-prerequisites.js'
import type { Cluster, Host } from '../../cluster/model.js'
import { HAPROXY_CONFIG_FILE, renderHaproxyConfig } from './haproxy.js'
import { balancerPlaces, virtualAddressOf } from '../../cluster/balancer-hosts.js'
import { KEEPALIVED_CONFIG_FILE, renderKeepalivedConfig } from './keepalived.js'

/** HAProxy's file, with these control planes as backends. */
export function haproxyFile(cluster: Cluster, backends: readonly Host[]): HostFile {
  return { ...HAPROXY_CONFIG_FILE, content: renderHaproxyConfig(cluster, backends) }
}

/**
 * keepalived's file for one balancer, which has these addresses. `cluster` must have all balancers.
 * @returns undefined if the balancers share no address, or if no interface has the balancer's own.
 */
export function keepalivedFile(
  cluster: Cluster,
  host: Host,
  addresses: readonly InterfaceAddress[],
): HostFile | undefined {
  const virtualAddress = virtualAddressOf(cluster)
  const name = virtualAddress?.interface ?? interfaceWith(addresses, host.internalAddress)
  if (virtualAddress === undefined || name === undefined) return undefined
  const content = renderKeepalivedConfig({
    virtualAddress,
    host,
    peers: balancerPlaces(cluster).filter((peer) => peer.name !== host.name),
    interface: name,
    port: cluster.kubernetes.controlPlaneEndpoint.port,
  })
  return { ...KEEPALIVED_CONFIG_FILE, content }
}

/** The interface with the address at which the other hosts reach this one. */
function interfaceWith(addresses: readonly InterfaceAddress[], wanted: string): string | undefined {
  return addresses.find(({ address }) => address.split('/')[0] === wanted)?.interface
}
