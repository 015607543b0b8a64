/** Clusters as a changed cluster file describes them. */
import type { AuditPolicy, Cluster, KubeadmPatches } from '../../../../src/cluster/model.js'
import { defined } from '../../../../src/values/defined.js'
import { aCluster, aHost } from '../../../support/clusters.js'

/** A file with these patches, of a cluster with three control planes. */
export function clusterWith(patches: Partial<KubeadmPatches>, auditPolicy?: AuditPolicy): Cluster {
  const cluster = aCluster({ hosts: ['cp1', 'cp2', 'cp3'].map((name) => aHost(name)) })
  const { kubernetes } = cluster
  const kubeadm = { ...kubernetes.kubeadm, ...patches }
  return { ...cluster, kubernetes: { ...kubernetes, kubeadm, ...defined({ auditPolicy }) } }
}
