/** What the operator should know before a cluster is rebuilt: above all, what is lost. Pure. */
import { hostsWithRole, type Cluster } from '../../cluster/model.js'
import type { ArchivedCluster } from './archived-cluster.js'

/** One line for each thing to know. */
export function rebuildWarnings(
  file: Cluster,
  { kubernetes: { version } }: Cluster,
  { record, files }: ArchivedCluster,
): readonly string[] {
  const wanted = file.kubernetes.version
  return [
    `lost: everything that was written after ${record.takenAt} (${record.name}, revision ${record.revision}, ${files.length} files of control planes)`,
    'the control planes from before must stay off for good: they have the same keys',
    ...(hostsWithRole(file, 'worker').length === 0
      ? []
      : [
          'workers are not touched and find the API again by its endpoint; pods that the archive does not know run on until their kubelet restarts',
        ]),
    ...(wanted === version
      ? []
      : [`Kubernetes ${version} is installed, as the cluster had it; the cluster file says ${wanted}`]),
  ]
}
