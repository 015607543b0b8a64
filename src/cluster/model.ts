/**
 * The cluster as the rest of Quorate sees it: the cluster file after defaults, checks and path resolution. Plain data
 * without secrets, so that it can be a workflow's input.
 */
import type { Notification } from './notifications.js'
import { withoutContent, type PodNetwork } from './pod-network.js'
import type { Schedules } from './schedules.js'
import type { SnapshotSettings } from './snapshots.js'
import type { HostSsh, SecretSource } from './ssh-login.js'

/** What a host is for. */
export type HostRole = 'control-plane' | 'worker' | 'etcd' | 'load-balancer'

/** A Kubernetes taint that kubeadm gives the node when it registers. */
export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
}

/** The package managers that Quorate knows. */
export type PackageManagerName = 'apt' | 'dnf'

/** One machine. */
export interface Host {
  /** RFC 1123 label; also the node's name. */
  readonly name: string
  readonly role: HostRole
  /** IP address or DNS name that Quorate connects to. */
  readonly address: string
  /** IP address that the cluster's components use. Defaults to `address`. */
  readonly internalAddress: string
  readonly ssh: HostSsh
  readonly labels: Readonly<Record<string, string>>
  /** Undefined: kubeadm's own choice for the role. Empty: none. */
  readonly taints?: readonly Taint[]
  /**
   * Somebody else prepared it: packages, container runtime, kernel settings and swap. An apply leaves all of that as it
   * is.
   */
  readonly preparedByHand?: true
  /** Identity of the machine (`/etc/machine-id`), once an operation has read it. Steps change no other machine. */
  readonly machineId?: string
  /** What installs packages on it, once an operation has read that; apt unless given. */
  readonly packageManager?: PackageManagerName
  /** Version (`vX.Y.Z`) of the kubelet, if the host is already part of the cluster. Steps leave it alone. */
  readonly kubeletVersion?: string
}

/**
 * A node, etcd member or balancer that an operation takes into account but does not change. Its host does not answer,
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

/** What the API servers write into their audit log. */
export interface AuditPolicy {
  /** SHA-256 of the text, in hexadecimal digits. */
  readonly digest: string
  /** The text of the policy. It is read when the cluster file is loaded. */
  readonly content?: string
}

/** How the values of some resources are encrypted in etcd. */
export interface EncryptionAtRest {
  /** `secrets`, `configmaps`, or custom resources such as `certificates.example.com`. */
  readonly resources: readonly string[]
  readonly provider: 'secretbox' | 'aescbc'
  /** Another number is another key. */
  readonly rotation: number
}

interface Networking {
  readonly podSubnet: string
  readonly serviceSubnet: string
  readonly dnsDomain: string
}

/** An address that moves to another balancer when the one that has it fails. */
export interface VirtualAddress {
  readonly address: string
  readonly prefixLength: number
  /** Network interface that gets the address. Defaults, on each balancer, to the one with its internal address. */
  readonly interface?: string
  /** Distinguishes this group of balancers from others in the same network, 1 to 255. */
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
  /** False: install nothing, and only verify what is there. */
  readonly install: boolean
  /** Base URL, laid out like the public one: `<base>/core:/stable:/v1.36/deb/`. */
  readonly repository: string
  /** ASCII-armored public key that signs the repository. If not given, it is fetched from the repository over https. */
  readonly signingKey?: string
}

/** The user name for a registry, and where to find the password. */
interface RegistryLogin {
  readonly username: string
  readonly password: SecretSource
}

/** A registry that containerd does not reach over https on its own name. */
export interface RegistryMirror {
  /** Host and port, as in image names. */
  readonly registry: string
  /** URL to ask instead, e.g. `http://mirror.lab:5000`. */
  readonly endpoint: string
  /** For HTTP basic authentication. The worker reads the password when it writes the file on a host. */
  readonly login?: RegistryLogin
}

interface ContainerRuntime {
  readonly registries: readonly RegistryMirror[]
  /** Merged into containerd's CRI plugin section. */
  readonly config: Readonly<Record<string, unknown>>
}

/** Client certificate files for an etcd that somebody else runs, as paths on the worker's machine. */
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
      /** Set if the members are not ours; otherwise they are the hosts with the role etcd. */
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
    readonly auditPolicy?: AuditPolicy
    readonly encryptionAtRest?: EncryptionAtRest
    readonly networking: Networking
    readonly imageRepository: string
    readonly kubeadm: KubeadmPatches
  }
  readonly network: PodNetwork
  readonly loadBalancer: LoadBalancer
  readonly etcd: Etcd
  /** Read through `snapshotSettings`. */
  readonly snapshots?: SnapshotSettings
  readonly schedules?: Schedules
  /** Who is told what becomes of operations. */
  readonly notifications?: readonly Notification[]
  readonly packages: Packages
  readonly containerRuntime: ContainerRuntime
  readonly hosts: readonly Host[]
  /** Nodes, etcd members and balancers that are not among `hosts`. */
  readonly bystanders?: readonly Bystander[]
  /** Hash of the cluster CA's public key (`sha256:…`), once it exists. Steps change no host that has a different CA. */
  readonly caHash?: string
}

/** The Kubernetes version that a host has or gets. A host that is already part of the cluster keeps its own. */
export function versionOf({ kubernetes }: Cluster, { kubeletVersion }: Host): string {
  return kubeletVersion ?? kubernetes.version
}

/** The hosts with a role, in the order of the cluster file. */
export function hostsWithRole(cluster: Cluster, role: HostRole): readonly Host[] {
  return cluster.hosts.filter((host) => host.role === role)
}

/** Where the etcd members run; `elsewhere` is an etcd that somebody else runs. */
export function etcdPlace({ etcd }: Cluster): 'control-planes' | 'etcd-hosts' | 'elsewhere' {
  if (etcd.topology === 'stacked') return 'control-planes'
  return etcd.clientFiles === undefined ? 'etcd-hosts' : 'elsewhere'
}

/** The hosts that run etcd members. Empty if somebody else runs etcd. */
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
 * The cluster as one step sees it: its settings, and only the hosts that the step needs, so that history stays small. Long
 * texts (the repository's key, a manifest, the audit policy) go only to the steps that need them.
 */
export function narrow(cluster: Cluster, ...hosts: readonly Host[]): Cluster {
  const needed: { -readonly [Field in keyof Cluster]: Cluster[Field] } = { ...cluster }
  delete needed.notifications
  const { kubernetes, network, packages } = cluster
  return {
    ...needed,
    hosts,
    ...(kubernetes.auditPolicy === undefined
      ? {}
      : { kubernetes: { ...kubernetes, auditPolicy: { digest: kubernetes.auditPolicy.digest } } }),
    packages: { install: packages.install, repository: packages.repository },
    network: withoutContent(network),
  }
}

/** The cluster of a step that writes the audit policy on a host. */
export function withAuditPolicy(narrowed: Cluster, { kubernetes: { auditPolicy } }: Cluster): Cluster {
  if (auditPolicy === undefined) return narrowed
  return { ...narrowed, kubernetes: { ...narrowed.kubernetes, auditPolicy } }
}
