/** How Flannel carries packets between nodes, as data. Source: Flannel's page on backends. */
import type { FlannelBackend, PodNetwork } from '../../cluster/model.js'

/** The pod network, if it is Flannel. */
export type Flannel = Extract<PodNetwork, { readonly plugin: 'flannel' }>

/** File in which Flannel configures a node's pod network. */
export const FLANNEL_CNI_CONFIG = '/etc/cni/net.d/10-flannel.conflist'

interface Backend {
  /** Default UDP port, and the field of `net-conf.json` that sets another. */
  readonly udp?: { readonly port: number; readonly field: string }
}

/** By Flannel's own name for each backend. */
export const FLANNEL_BACKENDS: Readonly<Record<FlannelBackend, Backend>> = {
  vxlan: { udp: { port: 8472, field: 'Port' } },
  'host-gw': {},
  wireguard: { udp: { port: 51_820, field: 'ListenPort' } },
}

/** The UDP port on which nodes must reach each other; undefined if the backend needs none. */
export function flannelUdpPort({ backend, port }: Flannel): number | undefined {
  const { udp } = FLANNEL_BACKENDS[backend]
  return udp === undefined ? undefined : (port ?? udp.port)
}

/** Network interfaces that Flannel leaves on a host. */
export function flannelLinks({ backend, vni = 1 }: Flannel): readonly string[] {
  const links: Readonly<Record<FlannelBackend, readonly string[]>> = {
    vxlan: [`flannel.${vni}`],
    'host-gw': [],
    wireguard: ['flannel-wg', 'flannel-wg-v6'],
  }
  return links[backend]
}
