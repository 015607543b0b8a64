/** What a network plugin is: all that the rest of Quorate knows of one. The rows are in plugins.ts. */
import type { Cluster } from '../../cluster/model.js'
import type { NetworkPluginName, PodNetwork } from '../../cluster/pod-network.js'
import type { RequiredPort } from '../port.js'

/** A kind of pod network, whatever its settings are. */
export interface PluginTraits {
  /** Its name in prose, e.g. `Flannel`. */
  readonly title: string
  /** What the reference of the cluster file says of it. */
  readonly description: string
  /** Whether Quorate applies it. If not, nodes become Ready only once the operator has installed a pod network. */
  readonly isApplied: boolean
  /** What it relies on. The cluster file must not change it. */
  readonly needs?: PluginNeeds
  /** The file in which it configures a node's pod network. Another file beside it is a conflict. */
  readonly cniConfigFile?: string
  /** Its DaemonSet, which tells whether it runs. */
  readonly daemonSet?: PluginDaemonSet
}

/** What a plugin may rely on. */
export interface PluginNeeds {
  /** containerd looks for CNI plugins and configurations in the usual folders. */
  readonly usualCniFolders: boolean
  /** It reaches the API through kube-proxy. */
  readonly kubeProxy: boolean
  /** Pods get their addresses from the part of the pod network that kube-controller-manager gives to their node. */
  readonly nodeSubnets: boolean
}

/** Runs a pod on every node. */
export interface PluginDaemonSet {
  /** It has nothing else in it. Its name tells the plugin, also in a manifest of the user's. */
  readonly namespace: string
  /** The pods' annotation with the settings that they were started with. */
  readonly settingsAnnotation: string
}

/** A pod network with its settings. */
interface PluginParts {
  /** How plans and summaries call it, e.g. `Flannel (vxlan)`. */
  readonly label: string
  /** Images that every node needs. They are pulled before kubeadm runs. */
  readonly images: readonly string[]
  /** Ports that nodes must reach on each other. */
  readonly ports: readonly RequiredPort[]
  /** Network interfaces that it leaves on a host. A reset removes them. */
  readonly links: readonly string[]
  /** The value of {@link PluginDaemonSet.settingsAnnotation} on a pod that runs with these settings. */
  readonly settings?: string
  /** What is to be applied; undefined if nothing is. */
  readonly manifest: () => ManifestSource | undefined
}

/** The pod network of a cluster. */
export type NetworkPlugin = PluginTraits & PluginParts

/** A manifest's text, or where it is fetched. */
export type ManifestSource =
  | { readonly text: string }
  /** `digest`: the text's `sha256:…`. Cluster files always have one. */
  | { readonly url: string; readonly digest: string | undefined }

/** The settings of the pod network that a name in the cluster file's `network.plugin` stands for. */
export type SettingsOf<Name extends NetworkPluginName> = Extract<PodNetwork, { readonly plugin: Name }>

/** A row of the table of plugins. */
export interface PluginDefinition<Settings extends PodNetwork = PodNetwork> extends PluginTraits {
  readonly withSettings: (settings: Settings, networking: Networking) => PluginParts
}

type Networking = Cluster['kubernetes']['networking']
