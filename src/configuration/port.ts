/** What is said of a port that something listens on. */

/** Who opens connections to a port. */
export type PortClients = 'everybody' | 'cluster' | 'control-planes' | 'etcd-clients' | 'etcd-peers' | 'host'

/** A port that a part of Kubernetes listens on. */
export interface RequiredPort {
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  /** What listens there, e.g. `kubelet`. */
  readonly purpose: string
  readonly clients: PortClients
}
