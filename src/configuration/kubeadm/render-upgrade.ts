/**
 * The configuration of `kubeadm upgrade`. kubeadm keeps neither patches nor the checks that were waived in the cluster,
 * so each run gets what the cluster file gives to init and join.
 */
import type { Cluster, KubeadmPatch } from '../../cluster/model.js'
import { minorFacts } from '../../cluster/supported-minors.js'
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import { emit } from './render.js'

/** The first minor whose kubeadm reads an UpgradeConfiguration. */
const FIRST_MINOR = 31

/**
 * For `kubeadm upgrade apply|node --config`; empty for a kubeadm that reads none. Throws as renderInitConfiguration.
 */
export function renderUpgradeConfiguration(cluster: Cluster): string {
  const { version, kubeadm } = cluster.kubernetes
  if (minorFacts(version).minor < FIRST_MINOR) return ''
  return emit(cluster, [
    {
      kind: 'UpgradeConfiguration',
      body: {
        apply: { kubernetesVersion: version, ...carriedOver(kubeadm.initConfiguration) },
        node: carriedOver(kubeadm.joinConfiguration),
      },
    },
  ])
}

/** The checks to waive, for a kubeadm that takes them as a flag. */
export function waivedChecks({ kubernetes: { kubeadm } }: Cluster): readonly string[] {
  const waived = [kubeadm.initConfiguration, kubeadm.joinConfiguration].flatMap(
    (patch) => carriedOver(patch)['ignorePreflightErrors'] ?? [],
  )
  return [...new Set(waived.map(String))]
}

function carriedOver({ nodeRegistration, patches }: KubeadmPatch): PlainObject & {
  readonly ignorePreflightErrors?: readonly unknown[]
} {
  const waived = isPlainObject(nodeRegistration) ? nodeRegistration['ignorePreflightErrors'] : undefined
  return {
    ...(Array.isArray(waived) ? { ignorePreflightErrors: waived as readonly unknown[] } : {}),
    ...(isPlainObject(patches) ? { patches } : {}),
  }
}
