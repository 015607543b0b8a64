/**
 * What must be true on a host before kubeadm runs there, as data: kernel modules, sysctls, ports. Sources:
 * Kubernetes' "container runtimes", "ports and protocols".
 */
import type { Cluster, Host, HostRole } from '../cluster/model.js'
import { apiServerBindPort } from './kubeadm/api-server.js'
import { runsBalancer } from '../cluster/balancer-hosts.js'
import { networkPlugin } from './pod-network/plugins.js'
import type { RequiredPort } from './ports.js'

/** A file that is the same on every host. */
export interface HostFile {
  readonly path: string
  readonly mode: number
  readonly content: string
}

/** First line of every file that Quorate writes whole. */
export const HEADER = '# Written by Quorate; changes are overwritten.'

/** Loaded now and at boot: `overlay` for containerd, `br_netfilter` for the bridge sysctls below. */
export const KERNEL_MODULES = ['overlay', 'br_netfilter'] as const

/**
 * Without forwarding, no pod reaches another host. Without the two bridge sysctls, services miss pods on the same host.
 */
export const SYSCTLS = {
  'net.ipv4.ip_forward': '1',
  'net.bridge.bridge-nf-call-iptables': '1',
  'net.bridge.bridge-nf-call-ip6tables': '1',
} as const

/** Sysctls of IPv6. A kernel without IPv6 lacks them, and nothing needs them there. */
export const OPTIONAL_SYSCTLS: readonly string[] = ['net.bridge.bridge-nf-call-ip6tables']

/** The sysctls to set on a kernel, given which of them it has. */
export function wantedSysctls(has: (name: string) => boolean): readonly (readonly [string, string])[] {
  return Object.entries(SYSCTLS).filter(([name]) => has(name) || !OPTIONAL_SYSCTLS.includes(name))
}

/** Makes systemd load the modules at boot. */
export const MODULES_FILE: HostFile = {
  path: '/etc/modules-load.d/quorate-kubernetes.conf',
  mode: 0o644,
  content: `${[HEADER, ...KERNEL_MODULES].join('\n')}\n`,
}

/** Makes systemd set the sysctls at boot. The last file wins, so its name sorts after a `99-hardening.conf`. */
export const SYSCTL_FILE: HostFile = {
  path: '/etc/sysctl.d/zz-quorate-kubernetes.conf',
  mode: 0o644,
  content: `${[HEADER, ...Object.entries(SYSCTLS).map(([key, value]) => `${key} = ${value}`)].join('\n')}\n`,
}

/** Where Quorate before 0.2 wrote the sysctls. */
export const FORMER_SYSCTL_FILE = '/etc/sysctl.d/90-quorate-kubernetes.conf'

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
