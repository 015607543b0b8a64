/** The ports of a cluster's hosts. Source: Kubernetes' "ports and protocols". */
import { runsBalancer } from '../cluster/balancer-hosts.js'
import type { Cluster, Host, HostRole } from '../cluster/model.js'
import { apiServerBindPort } from './kubeadm/api-server.js'
import { networkPlugin } from './pod-network/plugins.js'
import type { RequiredPort } from './port.js'

const KUBELET: readonly RequiredPort[] = [
  { port: 10250, protocol: 'tcp', purpose: 'kubelet', clients: 'control-planes' },
  { port: 10248, protocol: 'tcp', purpose: 'kubelet health', clients: 'host' },
]
const KUBE_PROXY: readonly RequiredPort[] = [
  { port: 10256, protocol: 'tcp', purpose: 'kube-proxy health', clients: 'cluster' },
  { port: 10249, protocol: 'tcp', purpose: 'kube-proxy metrics', clients: 'host' },
]
const ETCD: readonly RequiredPort[] = [
  { port: 2379, protocol: 'tcp', purpose: 'etcd clients', clients: 'etcd-clients' },
  { port: 2380, protocol: 'tcp', purpose: 'etcd peers', clients: 'etcd-peers' },
  { port: 2381, protocol: 'tcp', purpose: 'etcd metrics', clients: 'host' },
]
const CONTROL_PLANE: readonly RequiredPort[] = [
  { port: 10257, protocol: 'tcp', purpose: 'kube-controller-manager', clients: 'host' },
  { port: 10259, protocol: 'tcp', purpose: 'kube-scheduler', clients: 'host' },
]
/** The ports that hosts of a role listen on, in every cluster. */
export const PORTS_BY_ROLE: Readonly<Record<HostRole, readonly RequiredPort[]>> = {
  'control-plane': [...ETCD, ...CONTROL_PLANE, ...KUBELET, ...KUBE_PROXY],
  worker: [...KUBELET, ...KUBE_PROXY],
  // There is no API server, so only the host itself connects to the kubelet of an etcd host.
  etcd: [...ETCD, ...KUBELET.map((port): RequiredPort => ({ ...port, clients: 'host' }))],
  'load-balancer': [],
}

/** Every port that must be free on the host beforehand, and reachable for its clients afterwards. */
export function requiredPorts(cluster: Cluster, host: Host): readonly RequiredPort[] {
  const apiServer = (port: number, purpose: string): RequiredPort => ({
    port,
    protocol: 'tcp',
    purpose,
    clients: 'everybody',
  })
  const runsPods = host.role === 'control-plane' || host.role === 'worker'
  const stacked = cluster.etcd.topology === 'stacked'
  return [
    ...(host.role === 'control-plane' ? [apiServer(apiServerBindPort(cluster), 'kube-apiserver')] : []),
    ...(runsBalancer(cluster, host)
      ? [apiServer(cluster.kubernetes.controlPlaneEndpoint.port, 'load balancer')]
      : []),
    ...PORTS_BY_ROLE[host.role].filter((port) => stacked || host.role === 'etcd' || !ETCD.includes(port)),
    ...(runsPods ? networkPlugin(cluster).ports : []),
  ]
}
