/**
 * The standing: what a running cluster says of itself. It is read once at the start of every operation, and the cluster
 * file is compared with it. Plain data without secrets.
 */
import type { ConfigurationNote } from './configuration-note.js'
import type { EncryptionNote } from './encryption-note.js'
import type { DnsPod } from './cluster-dns.js'
import type { Taint } from '../cluster/model.js'
import type { NetworkPluginName } from '../cluster/pod-network.js'
import type { QuorumMember } from './quorum.js'

/** What the hosts show of a cluster before its API is asked. */
export type ClusterPresence =
  /** No host has the state of a cluster, or an init was interrupted before there was one. */
  | { readonly kind: 'absent' }
  /** A cluster exists and has reported its standing. */
  | { readonly kind: 'read'; readonly standing: Standing }
  /** A cluster exists, but its API did not answer. */
  | { readonly kind: 'unreadable'; readonly host: string; readonly reason: string }

/** What the running cluster says of itself. */
export interface Standing {
  readonly configuration: StandingConfiguration
  readonly nodes: readonly StandingNode[]
  /** What runs as a static pod on each control plane. */
  readonly components: readonly StandingComponent[]
  /** kubelet and kube-proxy configuration as the cluster keeps it; undefined if it keeps none. */
  readonly kubeletConfiguration?: Readonly<Record<string, unknown>>
  readonly kubeProxyConfiguration?: Readonly<Record<string, unknown>>
  /** What Quorate has noted about the configuration that it has set. */
  readonly configurationNote?: ConfigurationNote
  /** What Quorate has noted about encryption at rest. */
  readonly encryptionNote?: EncryptionNote
  /** Whether our Flannel, or another of the same name, is the pod network; {@link runningPlugins}. */
  readonly runsFlannel: boolean
  /** The network plugins that run, ours or others of the same name. Not reported by workers before 0.2. */
  readonly networkPlugins?: readonly NetworkPluginName[]
  /** Undefined if somebody else runs etcd, or if none of its members answers. */
  readonly members?: readonly QuorumMember[]
  /** `sha256:…` of the cluster CA's public key. */
  readonly caHash: string
  /** Whether the API has the manifest of the cluster file's pod network; undefined if there is no manifest. */
  readonly podNetwork?: 'same' | 'differs'
  /** The pods of CoreDNS. */
  readonly clusterDns?: readonly DnsPod[]
  /** Machines that were removed as dead, and must not come back as they were. Not reported by workers before 0.2. */
  readonly removed?: readonly RemovedMachine[]
}

/** A machine that was taken out of the cluster without being reset, because it would never come back. */
export interface RemovedMachine {
  /** Its name as a host. */
  readonly name: string
  /** Missing if nobody knew it: that of an etcd host is not known to the cluster. */
  readonly machineId?: string
  /** ISO 8601. */
  readonly removedAt: string
}

/** The network plugins that run in the cluster. */
export function runningPlugins({ networkPlugins, runsFlannel }: Standing): readonly NetworkPluginName[] {
  return networkPlugins ?? (runsFlannel ? ['flannel'] : [])
}

/** kubeadm's ClusterConfiguration, as it is kept in the cluster (`kube-system/kubeadm-config`). */
export interface StandingConfiguration {
  /** `vX.Y.Z`, as init or the last upgrade left it. */
  readonly version: string
  readonly controlPlaneEndpoint: string
  readonly podSubnet: string
  readonly serviceSubnet: string
  readonly dnsDomain: string
  readonly imageRepository: string
  readonly certSANs: readonly string[]
  /** Client URLs of an external etcd; undefined if etcd is stacked. */
  readonly etcdEndpoints?: readonly string[]
  /** The whole document, to compare patches with. */
  readonly document: Readonly<Record<string, unknown>>
}

/** A node of the cluster. */
export interface StandingNode {
  readonly name: string
  /** `/etc/machine-id` of the machine whose kubelet registered it; empty if none ever did. */
  readonly machineId: string
  readonly role: 'control-plane' | 'worker'
  readonly internalAddress?: string
  /** Version of its kubelet, `vX.Y.Z`. */
  readonly version: string
  readonly ready: boolean
  /** False while it is cordoned. */
  readonly schedulable: boolean
  /** An operation of ours has cordoned it, and has not uncordoned it since. Not reported by workers before 0.2. */
  readonly cordonedByUs?: true
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  /** What Quorate has set on the node, as recorded there. Quorate removes nothing else. */
  readonly managed: ManagedMarks
}

/** The nodes that a machine has registered: one, unless it was cloned. */
export function nodesOfMachine({ nodes }: Standing, machineId: string): readonly StandingNode[] {
  return machineId === '' ? [] : nodes.filter((node) => node.machineId === machineId)
}

/** The annotations in which Quorate notes what it has set on a node: keys, separated by commas. */
export const MARKS_ANNOTATIONS = { labels: 'quorate.dev/labels', taints: 'quorate.dev/taints' } as const

/** What Quorate has set on a node, by key (labels) and by `key:effect` (taints). */
export interface ManagedMarks {
  readonly labels: readonly string[]
  readonly taints: readonly string[]
}

/** A component of a control plane, and the version of its image. */
export interface StandingComponent {
  readonly host: string
  readonly component: string
  readonly version: string
  /** Names of arguments that kubeadm's record does not have: its manifest was edited or patched by hand. */
  readonly unrecorded?: readonly string[]
}
