/**
 * The cluster as every other room sees it: the cluster file after defaults, checks and resolution of paths.
 * Plain data without secrets, so that it can be a workflow's input.
 */

/** What a host is for. */
export type HostRole = 'control-plane' | 'worker' | 'etcd' | 'load-balancer'

/** How unknown host keys are dealt with; a changed key is refused in every mode. */
export type HostKeyChecking = 'strict' | 'accept-new'

/**
 * Where a secret is to be found on the worker's machine at the moment it is needed, never the secret itself: a
 * variable of the worker's environment, a file that only its owner may read, or a person at the worker's terminal
 * (the text is what is asked for; the same text is asked once).
 */
export type SecretSource = { readonly env: string } | { readonly file: string } | { readonly prompt: string }

/** How to log in to one SSH server, with all defaults filled in. Paths are absolute, on the worker's machine. */
export interface SshLogin {
  readonly user: string
  readonly port: number
  /** Private keys, in the order in which they are tried; without them, ssh-agent and the user's default keys. */
  readonly identityFiles?: readonly string[]
  /** Keys of ssh-agent that are none of `identityFiles` are not tried. */
  readonly identitiesOnly?: boolean
  /** Socket of another ssh-agent than the worker's own, or `none`. */
  readonly identityAgent?: string
  /** The known_hosts file; with `accept-new`, keys are added to it. */
  readonly knownHostsFile: string
  /** Further known_hosts files, which are only read. */
  readonly otherKnownHostsFiles?: readonly string[]
  /** The system's known_hosts files, where they are others than those of `/etc/ssh`. */
  readonly systemKnownHostsFiles?: readonly string[]
  /** Keys of hosts that are never trusted: public keys, one a line, or a list as `ssh-keygen -k` makes it. */
  readonly revokedHostKeysFile?: string
  /** Name under which known_hosts has the server, in place of its address and port. */
  readonly hostKeyAlias?: string
  readonly hostKeyChecking: HostKeyChecking
  /** Pinned fingerprint (`SHA256:…`); takes the place of known_hosts for this server, except for its revoked keys. */
  readonly hostKeyFingerprint?: string
  /** Password for the login, where no key lets in. */
  readonly password?: SecretSource
}

/** An SSH server that is passed on the way to a host. */
export interface JumpHost {
  /** As the cluster file or the ssh configuration calls it. */
  readonly name: string
  readonly address: string
  readonly ssh: SshLogin
}

/** How to reach one host over SSH. */
export interface HostSsh extends SshLogin {
  /** The way to the host, in the order in which it is gone; each server checked like the host itself. */
  readonly proxyJump?: readonly JumpHost[]
  /** Password for sudo, where sudo asks for one. */
  readonly sudoPassword?: SecretSource
}

/** A Kubernetes taint that kubeadm registers with the node. */
export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
}

/** One machine. */
export interface Host {
  /** RFC 1123 label; also the node's name. */
  readonly name: string
  readonly role: HostRole
  /** IP address or DNS name that Quorate connects to. */
  readonly address: string
  /** IP address that the cluster's components use; the same as `address` unless given. */
  readonly internalAddress: string
  readonly ssh: HostSsh
  readonly labels: Readonly<Record<string, string>>
  /** Undefined: kubeadm's own choice for the role. Empty: none. */
  readonly taints?: readonly Taint[]
  /** Which machine this is (`/etc/machine-id`), once an operation has asked; steps change no other. */
  readonly machineId?: string
  /** The version, `vX.Y.Z`, of the kubelet of a host that is part of the cluster already; steps leave it alone. */
  readonly kubeletVersion?: string
}

/**
 * A node, a member of etcd or a balancer that an operation leaves as it is and counts with: its host does not answer,
 * or the cluster file does not have it.
 */
export interface Bystander {
  readonly name: string
  readonly role: HostRole
  readonly internalAddress: string
  readonly why: 'away' | 'not-in-file'
}

/** `host:port` of the API as clients reach it. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** A kubeadm document's content, deep-merged over what Quorate renders. */
export type KubeadmPatch = Readonly<Record<string, unknown>>

/** The escape hatch into each document that kubeadm reads. */
export interface KubeadmPatches {
  readonly clusterConfiguration: KubeadmPatch
  readonly initConfiguration: KubeadmPatch
  readonly joinConfiguration: KubeadmPatch
  readonly kubeletConfiguration: KubeadmPatch
  readonly kubeProxyConfiguration: KubeadmPatch
}

interface Networking {
  readonly podSubnet: string
  readonly serviceSubnet: string
  readonly dnsDomain: string
}

/** The pod network: our own Flannel manifest, a manifest of the user's, or none. */
export type PodNetwork =
  | {
      readonly plugin: 'flannel'
      readonly backend: FlannelBackend
      /** UDP port of vxlan or wireguard; Flannel's own unless given. */
      readonly port?: number
      /** Number of the vxlan network; Flannel's own unless given. */
      readonly vni?: number
      /** Name of the interface, or a regular expression for it; that of the node's address unless given. */
      readonly interface?: string
      /** Merged into Flannel's `net-conf.json`. */
      readonly netConf?: Readonly<Record<string, unknown>>
      /** Image with `flanneld` and the CNI configuration tools. */
      readonly image: string
      /** Image with the `flannel` CNI plugin. */
      readonly cniPluginImage: string
    }
  | {
      readonly plugin: 'manifest'
      /** The manifest's text where a path was given; it is read when the file is loaded. */
      readonly content?: string
      /** Where it came from: path or URL. */
      readonly source: string
      /** `sha256:…` of the text; always there for a URL, which is fetched when it is needed. */
      readonly digest?: string
    }
  | { readonly plugin: 'none' }

/** How Flannel carries packets between nodes; {@link PodNetwork}. */
export type FlannelBackend = 'vxlan' | 'host-gw' | 'wireguard'

/** An address that moves to another balancer when the one that has it fails. */
export interface VirtualAddress {
  readonly address: string
  readonly prefixLength: number
  /** The network interface that gets it; on each balancer the one with its internal address unless given. */
  readonly interface?: string
  /** What tells this group of balancers from others in the same network, 1 to 255. */
  readonly routerId: number
}

export type LoadBalancer =
  | {
      readonly type: 'haproxy'
      /** Hosts with the role `load-balancer`, or control planes. */
      readonly hosts: readonly string[]
      readonly virtualAddress?: VirtualAddress
    }
  | { readonly type: 'external' }

export interface Packages {
  /** False: nothing is installed, what is there is only verified. */
  readonly install: boolean
  /** Base URL laid out as the public one: `<base>/core:/stable:/v1.36/deb/`. */
  readonly repository: string
  /** ASCII-armored public key that signs the repository; fetched from it over https where not given. */
  readonly signingKey?: string
}

/** Who logs in to a registry, and where the password is. */
interface RegistryLogin {
  readonly username: string
  readonly password: SecretSource
}

/** A registry that containerd reaches in another way than https on its own name. */
export interface RegistryMirror {
  /** Host, and port, as it stands in image names. */
  readonly registry: string
  /** URL to ask instead, e.g. `http://mirror.lab:5000`. */
  readonly endpoint: string
  /** By HTTP basic authentication. The worker reads the password when it writes the file on a host. */
  readonly login?: RegistryLogin
}

interface ContainerRuntime {
  readonly registries: readonly RegistryMirror[]
  /** Merged into containerd's CRI plugin section. */
  readonly config: Readonly<Record<string, unknown>>
}

/** Where the certificates are, on the worker's machine, by which an etcd of somebody else's lets us in. */
export interface EtcdClientFiles {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

/** Where etcd runs: a member on each control plane, or elsewhere. */
export type Etcd =
  | { readonly topology: 'stacked' }
  | {
      readonly topology: 'external'
      /** Client URLs of the members, e.g. `https://10.0.0.31:2379`. */
      readonly endpoints: readonly string[]
      /** Given where the members are none of ours; otherwise they are the hosts with the role etcd. */
      readonly clientFiles?: EtcdClientFiles
    }

/** The whole cluster. */
export interface Cluster {
  readonly name: string
  readonly kubernetes: {
    /** `vX.Y.Z`, or `stable` / `stable-1.Y` until the workflow has resolved it. */
    readonly version: string
    readonly controlPlaneEndpoint: Endpoint
    readonly certSANs: readonly string[]
    readonly networking: Networking
    readonly imageRepository: string
    readonly kubeadm: KubeadmPatches
  }
  readonly network: PodNetwork
  readonly loadBalancer: LoadBalancer
  readonly etcd: Etcd
  readonly packages: Packages
  readonly containerRuntime: ContainerRuntime
  readonly hosts: readonly Host[]
  /** Nodes, members of etcd and balancers beside the hosts. */
  readonly bystanders?: readonly Bystander[]
  /** Hash of the cluster CA's public key (`sha256:…`), once there is one; steps change no host that has another. */
  readonly caHash?: string
}

/** The version of Kubernetes that a host has or gets: its own where it is part of the cluster already. */
export function versionOf({ kubernetes }: Cluster, { kubeletVersion }: Host): string {
  return kubeletVersion ?? kubernetes.version
}

/** The hosts with a role, in the order of the cluster file. */
export function hostsWithRole(cluster: Cluster, role: HostRole): readonly Host[] {
  return cluster.hosts.filter((host) => host.role === role)
}

/** What carries etcd's members: `elsewhere` is an etcd that somebody else runs. */
export function etcdPlace({ etcd }: Cluster): 'control-planes' | 'etcd-hosts' | 'elsewhere' {
  if (etcd.topology === 'stacked') return 'control-planes'
  return etcd.clientFiles === undefined ? 'etcd-hosts' : 'elsewhere'
}

/** The hosts that carry etcd's members, as far as they are ours. */
export function etcdHosts(cluster: Cluster): readonly Host[] {
  switch (etcdPlace(cluster)) {
    case 'control-planes':
      return hostsWithRole(cluster, 'control-plane')
    case 'etcd-hosts':
      return hostsWithRole(cluster, 'etcd')
    case 'elsewhere':
      return []
  }
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`
}

/**
 * The cluster as one step sees it: its settings and only the hosts that matter there. Keeps what history stores of
 * each step small and independent of the cluster's size; long texts (the repository's key, a manifest) go only to
 * the step that needs them.
 */
export function narrow(cluster: Cluster, ...hosts: readonly Host[]): Cluster {
  const { network, packages } = cluster
  return {
    ...cluster,
    hosts,
    packages: { install: packages.install, repository: packages.repository },
    network: withoutContent(network),
  }
}

function withoutContent(network: PodNetwork): PodNetwork {
  if (network.plugin !== 'manifest') return network
  const { plugin, source, digest } = network
  return { plugin, source, ...(digest === undefined ? {} : { digest }) }
}
