/** The network plugins: one row each. */
import type { Cluster } from '../../cluster/model.js'
import type { NetworkPluginName } from '../../cluster/pod-network.js'
import { flannel } from './flannel.js'
import { manifest } from './manifest.js'
import { none } from './none.js'
import type { NetworkPlugin, PluginDaemonSet, PluginDefinition, PluginTraits, SettingsOf } from './plugin.js'

/** By the name in the cluster file. */
export const NETWORK_PLUGINS: {
  readonly [Name in NetworkPluginName]: PluginDefinition<SettingsOf<Name>>
} = { flannel, manifest, none }

/** The cluster's pod network. */
export function networkPlugin({
  network,
  kubernetes,
}: Pick<Cluster, 'network' | 'kubernetes'>): NetworkPlugin {
  // The type of the table says that each row takes the settings of its own name.
  const definition = NETWORK_PLUGINS[network.plugin] as PluginDefinition
  return { ...definition, ...definition.withSettings(network, kubernetes.networking) }
}

/** Their names in the cluster file. */
export function pluginNames(): readonly NetworkPluginName[] {
  return Object.keys(NETWORK_PLUGINS) as readonly NetworkPluginName[]
}

/** The DaemonSet of each plugin that has one. */
export function pluginDaemonSets(): readonly (readonly [NetworkPluginName, PluginDaemonSet])[] {
  return pluginNames().flatMap((name) => {
    const { daemonSet } = NETWORK_PLUGINS[name]
    return daemonSet === undefined ? [] : [[name, daemonSet] as const]
  })
}

/** What is said of a plugin by its name, as a cluster file that was not checked yet may have it. */
export function pluginTraits(name: string): PluginTraits | undefined {
  return Object.entries<PluginTraits>(NETWORK_PLUGINS).find(([known]) => known === name)?.[1]
}
