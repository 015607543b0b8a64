/** How the file's patches of kubeadm's documents differ from the documents that the cluster keeps. */
import { defined } from '../../values/defined.js'
import { parseDuration } from '../../values/go-duration.js'
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import type { Cluster, KubeadmPatch } from '../../cluster/model.js'
import type { Standing } from '../../facts/standing.js'
import type { Difference } from './difference.js'

/** Names of the API server's certificate that only the file or only the cluster has. */
export function certSANs({ kubernetes }: Cluster, { configuration }: Standing): Difference | undefined {
  // Quorate adds the endpoint's own name to what it gives kubeadm.
  const endpoints = [
    kubernetes.controlPlaneEndpoint.host,
    configuration.controlPlaneEndpoint.replace(/:\d+$/, ''),
  ]
  const wanted = new Set(kubernetes.certSANs.filter((name) => !endpoints.includes(name)))
  const present = new Set(configuration.certSANs.filter((name) => !endpoints.includes(name)))
  const isSame = wanted.size === present.size && [...wanted].every((name) => present.has(name))
  return isSame ? undefined : { file: list(wanted), cluster: list(present) }
}

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

/** Fields in which the cluster's ClusterConfiguration differs from the file's patch of it. */
export function clusterConfiguration(
  { kubernetes, etcd }: Cluster,
  standing: Standing,
): Difference | undefined {
  const { etcd: members, ...others } = kubernetes.kubeadm.clusterConfiguration
  const { document } = standing.configuration
  // With etcd on its own hosts, this part is for the etcd members and is not in the cluster's record.
  const patch = etcd.topology === 'external' ? others : { ...others, ...defined({ etcd: members }) }
  const present = ONLY_FROM_PATCHES.flatMap((path) => leaves(at(document, path), path))
  return difference(patch, document, present)
}

/** Fields of the file's KubeletConfiguration patch that have another value in the cluster. */
export function kubeletConfiguration({ kubernetes }: Cluster, standing: Standing): Difference | undefined {
  return difference(kubernetes.kubeadm.kubeletConfiguration, standing.kubeletConfiguration)
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

/**
 * Fields in which false or 0 means the same as no value, and that kubeadm then leaves out. In other fields it is a value
 * of its own. Source: `omitempty` of fields that are no pointers, in kubelet's `config/v1beta1/types.go` and kubeadm's
 * `apis/kubeadm/v1beta4/types.go`.
 */
const ZERO_IS_UNSET: ReadonlySet<string> = new Set([
  'readOnlyPort',
  'podsPerCore',
  'evictionMaxPodGracePeriod',
  'protectKernelDefaults',
  'serverTLSBootstrap',
  'kernelMemcgNotification',
  'enableContentionProfiling',
  'runOnce',
  'disabled',
  'readOnly',
])

/** The kubelet then gives pods no resolver at all; all other empty texts are left out. */
const EMPTY_IS_A_VALUE = 'resolvConf'

/** Whether both values mean the same. kubeadm stores neither the order of keys nor the notation of durations. */
function isSame(file: unknown, cluster: unknown, path: readonly string[]): boolean {
  const isArgument = (path.at(-2) ?? '').endsWith('xtraArgs')
  const text = (value: unknown) => JSON.stringify(isArgument ? stored(value) : normal(value, path.at(-1)))
  return text(file) === text(cluster)
}

/** Numbers and booleans of extra arguments are stored as text; null removes a field. */
function stored(value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function normal(value: unknown, name = ''): unknown {
  if (value === '' && name !== EMPTY_IS_A_VALUE) return undefined
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => normal(item) ?? null)
  if (isPlainObject(value)) {
    const entries = Object.entries(value).map(([key, entry]) => [key, normal(entry, key)] as const)
    return entries.filter(([, entry]) => entry !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
  }
  if ((value === false || value === 0) && ZERO_IS_UNSET.has(name)) return undefined
  const text = stored(value)
  return typeof text === 'string' ? (parseDuration(text) ?? text) : undefined
}

function list(names: ReadonlySet<string>): string {
  return names.size === 0 ? 'none' : [...names].sort().join(', ')
}
