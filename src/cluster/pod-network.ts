/** The pod network that a cluster file asks for. What its plugins are is in configuration/pod-network/. */
import { defined } from '../values/defined.js'

/** The pod network: our own Flannel manifest, the user's manifest, or none. */
export type PodNetwork =
  | {
      readonly plugin: 'flannel'
      readonly backend: FlannelBackend
      /** UDP port of vxlan or wireguard. Defaults to Flannel's own. */
      readonly port?: number
      /** Number of the vxlan network. Defaults to Flannel's own. */
      readonly vni?: number
      /** Interface name, or a regular expression for it. Defaults to the interface that has the node's address. */
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
      /** The manifest's text, if a path was given. It is read when the cluster file is loaded. */
      readonly content?: string
      /** Where it came from: path or URL. */
      readonly source: string
      /** `sha256:…` of the text. Always set for a URL, which is fetched only when it is needed. */
      readonly digest?: string
    }
  | { readonly plugin: 'none' }

/** How the cluster file names a pod network's kind. */
export type NetworkPluginName = PodNetwork['plugin']

/** How Flannel carries packets between nodes; {@link PodNetwork}. */
export type FlannelBackend = 'vxlan' | 'host-gw' | 'wireguard'

/** The same without a manifest's text. */
export function withoutContent(network: PodNetwork): PodNetwork {
  if (network.plugin !== 'manifest') return network
  const { plugin, source, digest } = network
  return { plugin, source, ...defined({ digest }) }
}
