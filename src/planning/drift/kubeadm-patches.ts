/** How the file's patches of kubeadm's documents differ from the documents that the cluster keeps. */
import { defined } from '../../values/defined.js'
import type { PlainObject } from '../../values/merge.js'
import { ownSettings } from '../../configuration/kubeadm/own-settings.js'
import type { Cluster, KubeadmPatch } from '../../cluster/model.js'
import type { Standing } from '../../facts/standing.js'
import { applicablePatch, LEAVES_RULES, NEEDS_EMPTY_NODE } from '../reconfigure/documents.js'
import { keyOf, leavesByKey, leavesOf, titleOf, withoutPaths, type Leaf } from '../reconfigure/leaves.js'
import type { Difference } from './difference.js'
import { isSame } from './same-value.js'

/**
 * Fields of a ClusterConfiguration that neither kubeadm nor Quorate fills in by itself. If the cluster has them and the
 * file does not, they were taken out of the file.
 */
const ONLY_FROM_PATCHES: ReadonlySet<string> = new Set(
  [['apiServer'], ['controllerManager'], ['scheduler'], ['etcd', 'local']].flatMap((component) =>
    ['extraArgs', 'extraVolumes', 'extraEnvs'].map((field) => keyOf([...component, field])),
  ),
)

/**
 * What differs of the file's ClusterConfiguration patch and is no argument, volume or name that an apply changes. What the
 * cluster has of these and no file is known to have set is left to people, too.
 */
export function restOfClusterConfiguration(file: Cluster, standing: Standing): Difference | undefined {
  const { etcd: members, ...others } = file.kubernetes.kubeadm.clusterConfiguration
  const { document } = standing.configuration
  // With etcd on its own hosts, this part is for the etcd members and is not in the cluster's record.
  const patch = file.etcd.topology === 'external' ? others : { ...others, ...defined({ etcd: members }) }
  const applied = leavesOf(applicablePatch('ClusterConfiguration', file)).map(({ path }) => path)
  const noted = standing.configurationNote?.set.ClusterConfiguration ?? []
  const unknown = withoutPaths(document, [...applied, ...noted, ...ownSettings(document)])
  const present = leavesOf(unknown).filter(({ path }) => ONLY_FROM_PATCHES.has(keyOf(path.slice(0, -1))))
  return difference(withoutPaths(patch, [...applied, ['apiServer', 'certSANs']]), document, present)
}

/** What differs of the file's KubeletConfiguration patch and needs an empty node. */
export function restOfKubeletConfiguration(
  { kubernetes }: Cluster,
  standing: Standing,
): Difference | undefined {
  const patch = Object.entries(kubernetes.kubeadm.kubeletConfiguration)
  const rest = Object.fromEntries(patch.filter(([key]) => NEEDS_EMPTY_NODE.has(key)))
  return difference(rest, standing.kubeletConfiguration)
}

/** What differs of the file's KubeProxyConfiguration patch and would leave rules behind on each node. */
export function restOfKubeProxyConfiguration(
  { kubernetes }: Cluster,
  standing: Standing,
): Difference | undefined {
  const patch = Object.entries(kubernetes.kubeadm.kubeProxyConfiguration)
  const rest = Object.fromEntries(patch.filter(([key]) => LEAVES_RULES.has(key)))
  return difference(rest, standing.kubeProxyConfiguration)
}

/**
 * Fields of a kubelet's file that are specific to its host: kubeadm sets them for each host, or the kubelet's defaults
 * differ. Source: kubeadm's `componentconfigs/kubelet.go` and `phases/kubelet/config.go`.
 */
const OWN_TO_HOST: ReadonlySet<string> = new Set([
  'resolvConf',
  'containerRuntimeEndpoint',
  'imageServiceEndpoint',
  'providerID',
])

/** Fields of one host's kubelet that differ from the configuration that the cluster keeps for all kubelets. */
export function ownKubeletConfiguration(
  kubelet: PlainObject,
  { kubeletConfiguration: kept }: Standing,
): Difference | undefined {
  if (kept === undefined) return undefined
  const ofAllHosts = [...leavesOf(kept), ...leavesOf(kubelet)].filter(
    ({ path }) => !OWN_TO_HOST.has(path[0] ?? ''),
  )
  return differenceAt(ofAllHosts, kubelet, kept)
}

/** @param present values of the document that the patch must have, too. */
function difference(
  patch: KubeadmPatch,
  document: PlainObject | undefined,
  present: readonly Leaf[] = [],
): Difference | undefined {
  return document === undefined ? undefined : differenceAt([...leavesOf(patch), ...present], patch, document)
}

/** How two documents differ in the fields of these values. */
function differenceAt(
  values: readonly Leaf[],
  file: PlainObject,
  cluster: PlainObject,
): Difference | undefined {
  const [ofFile, ofCluster] = [leavesByKey(file), leavesByKey(cluster)]
  const paths = new Map(values.map(({ path }) => [keyOf(path), path]))
  const differing = [...paths].filter(
    ([key, path]) => !isSame(ofFile.get(key)?.value, ofCluster.get(key)?.value, path),
  )
  if (differing.length === 0) return undefined
  const listed = (from: ReadonlyMap<string, Leaf>) =>
    differing.map(([key, path]) => `${titleOf(path)}: ${told(from.get(key)?.value)}`).join(', ')
  return { file: listed(ofFile), cluster: listed(ofCluster) }
}

function told(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value)
}
