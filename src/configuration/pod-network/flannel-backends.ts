/** How Flannel carries packets between nodes, as data. Source: Flannel's page on backends. */
import type { FlannelBackend } from '../../cluster/pod-network.js'
import type { RequiredPort } from '../port.js'
import type { SettingsOf } from './plugin.js'

/** The pod network, if it is Flannel. */
export type Flannel = SettingsOf<'flannel'>

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

/** The UDP port on which nodes must reach each other, if the backend needs one. */
export function flannelPorts({ backend, port }: Flannel): readonly RequiredPort[] {
  const { udp } = FLANNEL_BACKENDS[backend]
  if (udp === undefined) return []
  return [{ port: port ?? udp.port, protocol: 'udp', purpose: `flannel ${backend}`, clients: 'cluster' }]
}

/** Network interfaces that Flannel, and the CNI plugin bridge for it, leave on a host. */
export function flannelLinks({ backend, vni = 1 }: Flannel): readonly string[] {
  const links: Readonly<Record<FlannelBackend, readonly string[]>> = {
    vxlan: [`flannel.${vni}`],
    'host-gw': [],
    wireguard: ['flannel-wg', 'flannel-wg-v6'],
  }
  return ['cni0', ...links[backend]]
}
