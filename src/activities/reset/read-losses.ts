/** What would be lost with a cluster, counted while its API still answers. */
import type { HostContext } from '../../hosts/context.js'
import { pluginDaemonSets } from '../../configuration/pod-network/plugins.js'
import { localApi } from '../../hosts/kubernetes/cluster-api.js'
import type { Losses } from '../../planning/reset/losses.js'

/** What belongs to the cluster itself. */
const SYSTEM: readonly string[] = [
  ...['kube-system', 'kube-public', 'kube-node-lease'],
  ...pluginDaemonSets().map(([, { namespace }]) => namespace),
]

/**
 * Counts what people have in the cluster, as the API of this control plane tells it.
 * @throws QuorateError `API_UNREACHABLE`, `API_REFUSED`.
 */
export async function readLosses({ cluster, session }: HostContext): Promise<Losses> {
  const { core, apps } = localApi(cluster, session)
  const [pods, deployments, statefulSets, daemonSets, services, volumes] = await Promise.all([
    core.pods.list(),
    apps.deployments.list(),
    apps.statefulSets.list(),
    apps.daemonSets.list(),
    core.services.list(),
    core.persistentVolumes.list(),
  ])
  return {
    pods: pods.filter(isTheirs).length,
    workloads: [...deployments, ...statefulSets, ...daemonSets].filter(isTheirs).length,
    loadBalancers: services.filter((one) => isTheirs(one) && one.spec?.type === 'LoadBalancer').length,
    volumes: volumes.length,
  }
}

function isTheirs({ metadata }: { readonly metadata: { readonly namespace?: string } }): boolean {
  return !SYSTEM.includes(metadata.namespace ?? '')
}
