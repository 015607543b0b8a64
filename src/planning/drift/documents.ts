/** How the file's patches of kubeadm's documents differ from the documents that the cluster keeps. */
import { defined } from '../../values/defined.js'
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import { ENCRYPTION_PATHS, layoutIn } from '../../configuration/encryption.js'
import type { Cluster, KubeadmPatch } from '../../cluster/model.js'
import type { Standing } from '../../facts/standing.js'
import { applicablePatch, NEEDS_EMPTY_NODE } from '../reconfigure/documents.js'
import { leavesOf, withoutPaths } from '../reconfigure/leaves.js'
import type { Difference } from './difference.js'
import { isSame } from './same-value.js'

/**
 * Fields of a ClusterConfiguration that neither kubeadm nor Quorate fills in by itself. If the cluster has them and the
 * file does not, they were taken out of the file.
 */
const ONLY_FROM_PATCHES: readonly (readonly string[])[] = [
  ['apiServer'],
  ['controllerManager'],
  ['scheduler'],
  ['etcd', 'local'],
].flatMap((component) => ['extraArgs', 'extraVolumes', 'extraEnvs'].map((field) => [...component, field]))

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
  const encryption = layoutIn(document) === undefined ? [] : ENCRYPTION_PATHS
  const unknown = withoutPaths(document, [...applied, ...noted, ...encryption])
  const present = ONLY_FROM_PATCHES.flatMap((path) =>
    at(unknown, path) === undefined ? [] : leaves(at(unknown, path), path),
  )
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

/** Fields of the file's KubeProxyConfiguration patch that have another value in the cluster. */
export function kubeProxyConfiguration({ kubernetes }: Cluster, standing: Standing): Difference | undefined {
  return difference(kubernetes.kubeadm.kubeProxyConfiguration, standing.kubeProxyConfiguration)
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
  const ofAllHosts = [...leaves(kept), ...leaves(kubelet)].filter(([path]) => !OWN_TO_HOST.has(path[0] ?? ''))
  return differenceAt(ofAllHosts, kubelet, kept)
}

/** @param present values of the document that the patch must have, too. */
function difference(
  patch: KubeadmPatch,
  document: PlainObject | undefined,
  present: readonly Leaf[] = [],
): Difference | undefined {
  return document === undefined ? undefined : differenceAt([...leaves(patch), ...present], patch, document)
}

/** How two documents differ in the fields of these values. */
function differenceAt(
  values: readonly Leaf[],
  file: PlainObject,
  cluster: PlainObject,
): Difference | undefined {
  const paths = new Map(values.map(([path]) => [path.join('.'), path]))
  const differing = [...paths.values()].filter((path) => !isSame(at(file, path), at(cluster, path), path))
  if (differing.length === 0) return undefined
  const listed = (from: PlainObject) =>
    differing.map((path) => `${path.join('.')}: ${told(at(from, path))}`).join(', ')
  return { file: listed(file), cluster: listed(cluster) }
}

function told(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value)
}

type Leaf = readonly [path: readonly string[], value: unknown]

/** The values of the patch that are not objects; each extra argument counts as one value. */
function leaves(patch: unknown, path: readonly string[] = []): readonly Leaf[] {
  const named = asArguments(path, patch) ?? patch
  if (!isPlainObject(named)) return [[path, named]]
  return Object.entries(named).flatMap(([key, value]) => leaves(value, [...path, key]))
}

function at(document: unknown, path: readonly string[], from: readonly string[] = []): unknown {
  const [key, ...rest] = path
  if (key === undefined) return document
  const named = asArguments(from, document) ?? document
  return isPlainObject(named) ? at(named[key], rest, [...from, key]) : undefined
}

/** Returns extra arguments as a map: in v1beta4 and in the file they may be a list of names and values. */
function asArguments(path: readonly string[], value: unknown): PlainObject | undefined {
  if (!(path.at(-1) ?? '').endsWith('xtraArgs') || !Array.isArray(value)) return undefined
  const pairs = value.filter(isPlainObject).map(({ name, value: given }) => [String(name), given])
  return Object.fromEntries(pairs) as PlainObject
}
