/** Labels that the kubelet may not give its own node: set by the administrator once the node is registered. */
import type { Host } from '../cluster/model.js'
import { nodeLabels } from '../cluster/node-labels.js'
import { findNode, kubectl, type ClusterApi } from './kubectl.js'

/** Sets the labels that are missing or differ; false when none did. */
export async function labelNode(api: ClusterApi, host: Host): Promise<boolean> {
  const wanted = Object.entries(host.labels)
  if (wanted.length === 0) return false
  const { byKubelet, byAdministrator } = nodeLabels(host)
  const present = (await findNode(api, host.name))?.metadata.labels ?? {}
  // Labels of the kubelet are only given at registration; later changes of the file come through here as well.
  const differing = Object.entries({ ...byKubelet, ...byAdministrator }).filter(
    ([key, value]) => present[key] !== value,
  )
  if (differing.length === 0) return false
  await kubectl(api, [
    'label',
    '--overwrite',
    'node',
    host.name,
    ...differing.map(([key, value]) => `${key}=${value}`),
  ])
  return true
}
