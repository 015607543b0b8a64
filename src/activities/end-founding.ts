/** Ends the time in which etcd may be founded: from now on a member without its data does not start. */
import { withFoundedEtcd, withFoundedMember } from '../configuration/etcd/founded.js'
import { lookAtComponent } from '../hosts/kubeadm/component-process.js'
import { manifestPath } from '../hosts/kubeadm/rendered-pods.js'
import type { ClusterApi } from '../hosts/kubernetes/cluster-api.js'
import type { HostContext } from '../hosts/context.js'
import { renderYaml } from '../values/yaml-output.js'
import { waitForComponent, waitUntilWhole } from './reconfigure/component-waits.js'
import { manifestOf } from './reconfigure/components.js'
import { keepDocument, keptDocument } from './reconfigure/kept-documents.js'

/**
 * Ends it for the first member, whose etcd restarts once, and for all members whose manifests kubeadm writes later. Called
 * before anybody else depends on the cluster.
 * @throws QuorateError `CONTROL_PLANE_NOT_READY` when etcd or the API server does not come back.
 */
export async function endFounding(context: HostContext, api: ClusterApi): Promise<void> {
  if (context.cluster.etcd.topology === 'external') return
  await recordFounding(api)
  const { pod } = await manifestOf(context, 'etcd')
  const wanted = withFoundedMember(pod)
  const giveUp = (reason: string) =>
    context.error('CONTROL_PLANE_NOT_READY', reason, { step: 'kubeadm init' })
  if (wanted === pod) {
    // An earlier attempt may have written it a moment ago.
    await waitForComponent(context, 'etcd', pod, { giveUp })
  } else {
    const before = await lookAtComponent(context, 'etcd')
    context.report('restarting etcd, which founds no other cluster from now on')
    await context.session.writeFile(manifestPath('etcd'), renderYaml([wanted]), { mode: 0o600 })
    await waitForComponent(context, 'etcd', wanted, { before, giveUp })
  }
  await waitUntilWhole(context, 'etcd')
}

/** Makes kubeadm write manifests of etcd that found no cluster. Clusters with other etcd stay as they are. */
export async function recordFounding(api: ClusterApi): Promise<void> {
  const document = await keptDocument(api, 'ClusterConfiguration')
  if (document === undefined) return
  const founded = withFoundedEtcd(document)
  if (founded !== document) await keepDocument(api, 'ClusterConfiguration', founded)
}
