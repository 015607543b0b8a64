/** What the cluster file sets of kubeadm's ClusterConfiguration: by its patch, and by fields of its own. */
import type { Cluster, KubeadmPatch } from '../../cluster/model.js'
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import { auditSettings } from '../audit.js'

/** The patch, with what other fields set of the API server. An argument or volume in the patch wins over one of ours. */
export function clusterConfigurationPatch({ kubernetes }: Cluster): KubeadmPatch {
  const { auditPolicy, kubeadm } = kubernetes
  const patch = kubeadm.clusterConfiguration
  if (auditPolicy === undefined) return patch
  const { extraArgs, extraVolumes } = auditSettings(auditPolicy)
  const server = isPlainObject(patch['apiServer']) ? patch['apiServer'] : {}
  return {
    ...patch,
    apiServer: {
      ...server,
      extraArgs: byName(extraArgs, named(server['extraArgs'])),
      extraVolumes: byName(extraVolumes, named(server['extraVolumes'])),
    },
  }
}

/** Extra arguments may be a map or a list; volumes are a list. */
function named(given: unknown): readonly PlainObject[] {
  if (Array.isArray(given)) return given.filter(isPlainObject)
  return Object.entries(isPlainObject(given) ? given : {}).map(([name, value]) => ({ name, value }))
}

function byName(
  ours: readonly { readonly name: string }[],
  theirs: readonly PlainObject[],
): readonly unknown[] {
  const names = new Set(theirs.map(({ name }) => name))
  return [...ours.filter(({ name }) => !names.has(name)), ...theirs]
}
