/** Whether an API server has the data of its cluster: an etcd that found its folder empty serves nothing, and says so. */
import { QuorateError } from '../../errors/index.js'
import { KEPT_CONFIGURATION } from '../../facts/kept-configuration.js'
import type { ClusterApi } from './cluster-api.js'

/** What to do about an API server that runs on an empty etcd. */
export const EMPTY_API_HINT =
  'stop the kubelet there, mount the disk that holds /var/lib/etcd again and retry; if the data is really gone and another control plane has them, run `kubeadm reset` there, abort this operation and apply again; otherwise restore etcd from a snapshot'

/**
 * Expects the cluster's configuration behind the API server. To be asked before anything is concluded from what etcd
 * does _not_ list there, such as a member.
 * @throws QuorateError `ETCD_DATA_LOST` when it is missing, `API_NOT_ANSWERING`, `API_REFUSED`.
 */
export async function expectClusterData(api: ClusterApi, step: string): Promise<void> {
  const { namespace, cluster } = KEPT_CONFIGURATION
  if ((await api.core.configMaps.in(namespace).find(cluster.name)) !== undefined) return
  throw new QuorateError('ETCD_DATA_LOST', "its API server runs, but not on this cluster's data", {
    host: api.session.host.name,
    step,
    hint: EMPTY_API_HINT,
  })
}
