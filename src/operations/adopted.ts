/** What an adoption has read of a running cluster: everything that a cluster file can say of it. */
import type { EncryptionAtRest, HostRole, Taint } from '../cluster/model.js'

/** A cluster that somebody built with kubeadm. Plain data without secrets. */
export interface AdoptedCluster {
  /** As kubeadm calls it; `kubernetes` unless somebody chose another name. */
  readonly name: string
  /** `vX.Y.Z` */
  readonly version: string
  /** `host[:port]` */
  readonly controlPlaneEndpoint: string
  readonly certSANs: readonly string[]
  /** Missing if kubeadm was given none: the network plugin chooses the addresses of pods. */
  readonly podSubnet?: string
  readonly serviceSubnet: string
  readonly dnsDomain: string
  readonly imageRepository: string
  /** Client URLs of an etcd outside the control planes; missing if etcd is stacked. */
  readonly etcdEndpoints?: readonly string[]
  /** What Quorate has set up before. */
  readonly encryptionAtRest?: EncryptionAtRest
  /** What was set in kubeadm's documents and belongs to no other field of the cluster file, without defaults. */
  readonly kubeadm: AdoptedDocuments
  /** CNI configuration files on the nodes. */
  readonly podNetworks: readonly string[]
  readonly hosts: readonly AdoptedHost[]
}

/** Settings by document. Empty ones are left out. */
export interface AdoptedDocuments {
  readonly clusterConfiguration?: Readonly<Record<string, unknown>>
  readonly initConfiguration?: Readonly<Record<string, unknown>>
  readonly kubeletConfiguration?: Readonly<Record<string, unknown>>
  readonly kubeProxyConfiguration?: Readonly<Record<string, unknown>>
}

/** A node. */
export interface AdoptedHost {
  readonly name: string
  readonly role: Extract<HostRole, 'control-plane' | 'worker'>
  /** Its InternalIP. */
  readonly address: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  /** What Quorate leaves alone there, or has no word for; one line each. */
  readonly notes: readonly string[]
}
