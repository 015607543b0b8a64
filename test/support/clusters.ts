/** Clusters and facts for tests: small, valid, and changed as each test needs. */
import { clientUrl } from '../../src/configuration/etcd/urls.js'
import type { HostFacts } from '../../src/facts/facts.js'
import type { HostConfiguration } from '../../src/facts/host-configuration.js'
import type { HostDetails, HostProbes, Reachability } from '../../src/facts/host-details.js'
import type { Cluster, Host, HostRole } from '../../src/cluster/model.js'
import { connectionTargets } from '../../src/preflight/targets.js'

/** A host named like `cp1`, `w2` or `lb1`, with an address that ends in its own number. */
export function aHost(name: string, changes: Partial<Host> = {}): Host {
  const number = Number(/\d+$/.exec(name)?.[0] ?? 1)
  const role: HostRole = name.startsWith('cp')
    ? 'control-plane'
    : name.startsWith('lb')
      ? 'load-balancer'
      : name.startsWith('e')
        ? 'etcd'
        : 'worker'
  const base = { 'control-plane': 10, 'load-balancer': 100, worker: 20, etcd: 30 }[role]
  const address = `192.0.2.${base + number}`
  return {
    name,
    role,
    address,
    internalAddress: address,
    ssh: { user: 'ops', port: 22, knownHostsFile: '/home/ops/.ssh/known_hosts', hostKeyChecking: 'strict' },
    labels: {},
    ...changes,
  }
}

/** Three control planes, two workers and a load balancer by default. */
export function aCluster(changes: Partial<Cluster> = {}): Cluster {
  return {
    name: 'prod',
    kubernetes: {
      version: 'v1.36.3',
      controlPlaneEndpoint: { host: 'api.prod.lab', port: 6443 },
      certSANs: [],
      networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12', dnsDomain: 'cluster.local' },
      imageRepository: 'registry.k8s.io',
      kubeadm: {
        clusterConfiguration: {},
        initConfiguration: {},
        joinConfiguration: {},
        kubeletConfiguration: {},
        kubeProxyConfiguration: {},
      },
    },
    network: { plugin: 'flannel', backend: 'vxlan', image: 'flannel:1', cniPluginImage: 'flannel-cni:1' },
    loadBalancer: { type: 'haproxy', hosts: ['lb1'] },
    etcd: { topology: 'stacked' },
    packages: { install: true, repository: 'https://pkgs.k8s.io' },
    containerRuntime: { registries: [], config: {} },
    hosts: ['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1'].map((name) => aHost(name)),
    ...changes,
  }
}

/** A cluster with etcd on three hosts of its own. */
export function aClusterWithEtcdHosts(changes: Partial<Cluster> = {}): Cluster {
  const hosts = ['e1', 'e2', 'e3', 'cp1', 'cp2', 'w1', 'lb1'].map((name) => aHost(name))
  const endpoints = hosts.filter(({ role }) => role === 'etcd').map(clientUrl)
  return aCluster({ hosts, etcd: { topology: 'external', endpoints }, ...changes })
}

/** The facts of a bare, healthy Debian host. */
export function bareFacts(host: string, changes: Partial<HostFacts> = {}): HostFacts {
  return {
    host,
    machineId: `machine-${host}`,
    hostname: host,
    architecture: 'x86_64',
    osId: 'debian',
    osLike: '',
    osName: 'Debian GNU/Linux 12 (bookworm)',
    initSystem: 'systemd',
    cpus: 2,
    memoryMiB: 4096,
    cgroupVersion: 2,
    swapOn: false,
    freeMiB: 20_000,
    clockOffsetMs: 0,
    clockUncertaintyMs: 2,
    packages: {},
    listeners: [{ port: 22, program: 'sshd' }],
    paths: [],
    configuration: BARE_CONFIGURATION,
    details: bareDetails(host),
    ...changes,
  }
}

/** The configuration facts of a bare host, on which Quorate has configured nothing. */
export const BARE_CONFIGURATION: HostConfiguration = {
  files: {},
  modules: [],
  parameters: {},
  services: {},
}

/** What preflight sees on a bare, healthy Debian host. */
export function bareDetails(host: string, changes: Partial<HostDetails> = {}): HostDetails {
  const { internalAddress } = aHost(host)
  return {
    kernel: '6.1.0-17-amd64',
    productUuid: `uuid-${host}`,
    addresses: [{ interface: 'eth0', address: `${internalAddress}/24`, mac: `mac-${host}` }],
    routes: [{ destination: '192.0.2.0/24', interface: 'eth0' }],
    missingModules: [],
    fixedParameters: [],
    firewalls: [],
    missingPrograms: ['crictl', 'conntrack', 'iptables'],
    missingCniPlugins: ['loopback', 'bridge', 'host-local', 'portmap'],
    enabledServices: [],
    heldPackages: [],
    packageProxy: false,
    ...changes,
  }
}

/** The probes of a healthy bare host: peers refuse, since nothing listens yet, and sources answer. */
export function bareProbes(
  cluster: Cluster,
  host: string,
  changes: Readonly<Record<string, Reachability>> = {},
): HostProbes {
  const from = cluster.hosts.find(({ name }) => name === host) ?? aHost(host)
  const outcome = (address: string): Reachability => (address.startsWith('192.0.2.') ? 'refused' : 'open')
  const connections = connectionTargets(cluster, from).map((target) => [
    `${target.host}:${target.port}`,
    outcome(target.host),
  ])
  return {
    connections: { ...(Object.fromEntries(connections) as HostProbes['connections']), ...changes },
    endpointAddresses: [aHost('lb1').internalAddress],
    ...(from.role === 'control-plane' ? { syncMs: 2.5 } : {}),
  }
}

/** Facts of all hosts of a cluster, bare except for the changes by host name. */
export function factsOf(
  cluster: Cluster,
  changes: Readonly<Record<string, Partial<HostFacts>>> = {},
): HostFacts[] {
  return cluster.hosts.map((host) => bareFacts(host.name, changes[host.name]))
}
