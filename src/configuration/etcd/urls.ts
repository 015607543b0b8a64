/** Where the etcd member of a host is reached: kubeadm's ports, at the address that the cluster's components use. */
import { formatEndpoint, type Host } from '../../cluster/model.js'

export const ETCD_CLIENT_PORT = 2379
const ETCD_PEER_PORT = 2380

/** URL at which API servers reach the host's member. */
export function clientUrl({ internalAddress }: Pick<Host, 'internalAddress'>): string {
  return `https://${formatEndpoint({ host: internalAddress, port: ETCD_CLIENT_PORT })}`
}

/** URL at which the other members reach the host's member. */
export function peerUrl({ internalAddress }: Pick<Host, 'internalAddress'>): string {
  return `https://${formatEndpoint({ host: internalAddress, port: ETCD_PEER_PORT })}`
}
