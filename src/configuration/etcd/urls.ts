/** Where the etcd member of a host is reached: kubeadm's ports, at the address that the cluster's components use. */
import { formatEndpoint, type Host } from '../../cluster/model.js'

export const ETCD_CLIENT_PORT = 2379
const ETCD_PEER_PORT = 2380

/** Where API servers reach the member of a host. */
export function clientUrl({ internalAddress }: Pick<Host, 'internalAddress'>): string {
  return `https://${formatEndpoint({ host: internalAddress, port: ETCD_CLIENT_PORT })}`
}

/** Where the other members reach the member of a host. */
export function peerUrl({ internalAddress }: Pick<Host, 'internalAddress'>): string {
  return `https://${formatEndpoint({ host: internalAddress, port: ETCD_PEER_PORT })}`
}
