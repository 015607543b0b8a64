/** Clusters and facts for tests: small, valid, and changed by the test where it matters. */
import type { HostFacts } from '../../src/cluster/facts.js'
import type { Cluster, Host, HostRole } from '../../src/cluster/model.js'

/** A host named like `cp1`, `w2`, `lb1`; its address ends in a number of its own. */
export function aHost(name: string, changes: Partial<Host> = {}): Host {
  const number = Number(/\d+$/.exec(name)?.[0] ?? 1)
  const role: HostRole = name.startsWith('cp')
    ? 'control-plane'
    : name.startsWith('lb')
      ? 'load-balancer'
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

/** Three control planes, two workers and a balancer, unless told otherwise. */
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

/** What a bare, healthy Debian host tells. */
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
    ...changes,
  }
}

/** Facts of all hosts of a cluster, bare but for the changes by host name. */
export function factsOf(
  cluster: Cluster,
  changes: Readonly<Record<string, Partial<HostFacts>>> = {},
): HostFacts[] {
  return cluster.hosts.map((host) => bareFacts(host.name, changes[host.name]))
}
