/** Whether pod networks run: the DaemonSets of their plugins. */
import type { Host } from '../../cluster/model.js'
import type { NetworkPluginName } from '../../cluster/pod-network.js'
import type { NetworkPlugin } from '../../configuration/pod-network/plugin.js'
import { pluginDaemonSets } from '../../configuration/pod-network/plugins.js'
import type { Pod } from 'kubernetes-types/core/v1.js'
import type { ClusterApi } from '../kubernetes/cluster-api.js'
import { hasCondition } from '../kubernetes/nodes.js'

/**
 * The first of the hosts on which the plugin does not run with the cluster's settings, and why. A node stays Ready
 * without its pod network once the pod network has written its configuration there.
 * @returns undefined also for a plugin that has no DaemonSet of its own.
 */
export async function podNetworkObstacle(
  { title, daemonSet, settings }: NetworkPlugin,
  api: ClusterApi,
  hosts: readonly Host[],
): Promise<{ readonly host: string; readonly reason: string } | undefined> {
  if (daemonSet === undefined) return undefined
  const pods = await api.core.pods.in(daemonSet.namespace).list()
  const ready = pods.filter((pod) => hasCondition(pod.status?.conditions, 'Ready'))
  const current = ready.filter(
    ({ metadata }) => metadata.annotations?.[daemonSet.settingsAnnotation] === settings,
  )
  const runsOn = (some: readonly Pod[], host: Host) => some.some((pod) => pod.spec?.nodeName === host.name)
  const without = hosts.find((host) => !runsOn(current, host))
  if (without === undefined) return undefined
  const reason = runsOn(ready, without)
    ? `${title} runs there with other settings`
    : `${title} is not ready there`
  return { host: without.name, reason }
}

/** The network plugins that the API has the DaemonSets of. */
export async function runningNetworkPlugins(api: ClusterApi): Promise<readonly NetworkPluginName[]> {
  const found = await Promise.all(
    pluginDaemonSets().map(async ([name, { namespace }]) => {
      const daemonSets = await api.apps.daemonSets.in(namespace).list()
      return daemonSets.length > 0 ? [name] : []
    }),
  )
  return found.flat()
}
