/** The cluster file of a fleet: what a person would write for these hosts, and what hosts in containers need. Pure. */
import { stringify } from 'yaml'
import { FLANNEL_CNI_IMAGE, FLANNEL_IMAGE } from '../builds/image-names.js'
import { repositoryBase, type PackagesShape } from '../builds/package-shapes.js'
import { zoneOf, type FleetHost } from './shape.js'
import { defined } from '../../src/values/defined.js'

/** What the cluster file says, beside the hosts. */
export interface ClusterFileFacts {
  readonly name: string
  readonly kubernetesVersion: string
  readonly hosts: readonly FleetHost[]
  readonly machine: MachineFacts
  /** What the packages of Kubernetes depend on; as published unless given. */
  readonly packages?: PackagesShape
  /** Between the load balancers; where there is none, the control planes run haproxy themselves. */
  readonly virtualAddress?: string
}

/** Properties of the machine that kubelet or kubeadm would stumble over. */
export interface MachineFacts {
  readonly cgroupV1: boolean
  readonly swap: boolean
}

/** Names of the files beside the cluster file. */
export const FILES = {
  clusterFile: 'cluster.yaml',
  identity: 'id_ed25519',
  knownHosts: 'known_hosts',
  signingKey: 'kubernetes-apt-key.asc',
} as const

const HEADER = `# The cluster file of a lab fleet, written by \`npm run lab -- up\`. What is under spec.kubernetes.kubeadm and
# spec.containerRuntime.config is what hosts in containers need; real machines do without.
`

/** The text of the cluster file. Paths in it are relative to it. */
export function renderClusterFile(facts: ClusterFileFacts): string {
  const zone = zoneOf(facts.name)
  const registry = `mirror.${zone}:5000`
  const base = repositoryBase(facts.packages ?? 'published')
  const hosts = (role: FleetHost['role']) => facts.hosts.filter((host) => host.role === role)
  const own = hosts('load-balancer').map((host) => host.name)
  const shared = facts.virtualAddress !== undefined && own.length === 0
  const loadBalancers = shared ? hosts('control-plane').map((host) => host.name) : own
  const document = {
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name: facts.name },
    spec: {
      kubernetes: {
        version: facts.kubernetesVersion,
        // The API server has 6443 on the control planes themselves.
        controlPlaneEndpoint: `api.${zone}:${shared ? 8443 : 6443}`,
        imageRepository: registry,
        kubeadm: kubeadmPatches(facts.machine),
      },
      network: {
        plugin: 'flannel',
        backend: 'host-gw',
        image: `${registry}/${FLANNEL_IMAGE}`,
        cniPluginImage: `${registry}/${FLANNEL_CNI_IMAGE}`,
      },
      loadBalancer:
        loadBalancers.length === 0
          ? { type: 'external' }
          : {
              type: 'haproxy',
              hosts: loadBalancers,
              ...defined({ virtualAddress: facts.virtualAddress }),
            },
      etcd: { topology: hosts('etcd').length === 0 ? 'stacked' : 'external' },
      packages: {
        repository: `http://mirror.${zone}${base === '' ? '' : `/${base}`}`,
        signingKeyFile: `./${FILES.signingKey}`,
      },
      containerRuntime: {
        registries: [{ registry, endpoint: `http://${registry}` }],
        // Without CAP_SYS_RESOURCE no process may be made less likely to be killed.
        config: { restrict_oom_score_adj: true },
      },
      ssh: { user: 'ops', identityFile: `./${FILES.identity}`, knownHostsFile: `./${FILES.knownHosts}` },
      hosts: facts.hosts.map(({ name, role, address, features }) => {
        const ssh = Object.assign({}, ...features.map((feature) => feature.ssh ?? {})) as object
        return { name, role, address, ...(Object.keys(ssh).length === 0 ? {} : { ssh }) }
      }),
    },
  }
  return HEADER + stringify(document, { lineWidth: 110, aliasDuplicateObjects: false })
}

function kubeadmPatches(machine: MachineFacts): object {
  // A container has neither the kernel's configuration nor its modules, which this check wants to read.
  const ignored = ['SystemVerification', ...(machine.swap ? ['Swap'] : [])]
  const registration = { nodeRegistration: { ignorePreflightErrors: ignored } }
  const kubelet = {
    ...(machine.cgroupV1 ? { failCgroupV1: false } : {}),
    ...(machine.swap ? { failSwapOn: false } : {}),
  }
  return {
    initConfiguration: registration,
    joinConfiguration: registration,
    ...(Object.keys(kubelet).length === 0 ? {} : { kubeletConfiguration: kubelet }),
    // The machine's own limit of connections can not be set from within a container.
    kubeProxyConfiguration: { conntrack: { maxPerCore: 0, min: 0 } },
  }
}
