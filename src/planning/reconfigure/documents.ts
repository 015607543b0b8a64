/**
 * The documents of kubeadm's that an apply changes in a running cluster: what each must say, and where that differs. Plan
 * and steps decide with these functions. What nobody has set through the cluster file stays as it is.
 */
import type { Cluster, KubeadmPatch } from '../../cluster/model.js'
import { emitDocument, patchDocument, type KubeadmDocument } from '../../configuration/kubeadm/documents.js'
import { clusterConfigurationPatch } from '../../configuration/kubeadm/cluster-patch.js'
import { isV1beta3, mergeExtraArguments } from '../../configuration/kubeadm/extra-arguments.js'
import { patchedClusterConfiguration } from '../../configuration/kubeadm/render.js'
import { minorFacts } from '../../cluster/supported-minors.js'
import type { DiffLine } from '../../operations/results.js'
import { defined } from '../../values/defined.js'
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import { mayBeSecret } from '../../values/secret-looks.js'
import type { ConfigurationNote, ConfiguredDocument } from '../../facts/configuration-note.js'
import { isSame } from '../drift/same-value.js'
import {
  keyOf,
  leavesByKey,
  leavesOf,
  titleOf,
  withoutPaths,
  type LeafDifference,
  type Path,
} from './leaves.js'

/** What the cluster keeps of a document now, and what the cluster file has set of it before. */
export interface KeptDocument {
  readonly document: PlainObject
  readonly note?: ConfigurationNote
}

/** What a document must say. */
export interface WantedDocument {
  readonly kind: ConfiguredDocument
  /** The whole document. */
  readonly document: PlainObject
  /** What the cluster file sets now. */
  readonly set: readonly Path[]
  /** What it sets or has set: on hosts, these values follow the document, and nothing else. */
  readonly managed: readonly Path[]
}

/** Components whose arguments and volumes an apply changes. */
const CONFIGURABLE_COMPONENTS = ['apiServer', 'controllerManager', 'scheduler'] as const

/**
 * Settings of the kubelet that change what runs in containers that are running already, or where the kubelet finds them.
 * They need an empty node, so an apply leaves them alone. Source: Kubernetes' pages "Reconfiguring a kubeadm cluster",
 * "Control CPU Management Policies on the Node" and "Migrating to the systemd driver".
 */
export const NEEDS_EMPTY_NODE: ReadonlySet<string> = new Set([
  'cgroupDriver',
  'cgroupRoot',
  'cgroupsPerQOS',
  'containerRuntimeEndpoint',
  'cpuManagerPolicy',
  'cpuManagerPolicyOptions',
  'memoryManagerPolicy',
  'podLogsDir',
  'reservedSystemCPUs',
  'staticPodPath',
  'topologyManagerPolicy',
  'topologyManagerScope',
])

/**
 * Settings of kube-proxy that leave the rules of the old ones behind on each node. Source: Kubernetes' page "Virtual IPs and
 * Service Proxies"; `kube-proxy --cleanup` or a reboot removes them.
 */
export const LEAVES_RULES: ReadonlySet<string> = new Set(['mode'])

/** The part of the file's patch that an apply changes in a running cluster. */
export function applicablePatch(kind: ConfiguredDocument, cluster: Cluster): KubeadmPatch {
  const { kubeadm } = cluster.kubernetes
  switch (kind) {
    case 'ClusterConfiguration':
      return componentsOf(clusterConfigurationPatch(cluster), cluster)
    case 'KubeletConfiguration':
      return Object.fromEntries(
        Object.entries(kubeadm.kubeletConfiguration).filter(([key]) => !NEEDS_EMPTY_NODE.has(key)),
      )
    case 'KubeProxyConfiguration':
      return Object.fromEntries(
        Object.entries(kubeadm.kubeProxyConfiguration).filter(([key]) => !LEAVES_RULES.has(key)),
      )
  }
}

function componentsOf(patch: KubeadmPatch, { etcd: { topology } }: Cluster): KubeadmPatch {
  const parts = CONFIGURABLE_COMPONENTS.map((name): [string, PlainObject] => [name, pick(patch[name])])
  const { etcd } = patch
  const local = isPlainObject(etcd) && topology === 'stacked' ? etcd['local'] : undefined
  const members = isPlainObject(local) ? defined({ extraArgs: local['extraArgs'] }) : {}
  return {
    ...Object.fromEntries(parts.filter(([, part]) => Object.keys(part).length > 0)),
    ...(Object.keys(members).length === 0 ? {} : { etcd: { local: members } }),
  }
}

function pick(component: unknown): PlainObject {
  if (!isPlainObject(component)) return {}
  return defined({ extraArgs: component['extraArgs'], extraVolumes: component['extraVolumes'] })
}

/** What the document must say: what is kept, with what the file sets now, and without what it no longer sets. */
export function wantedDocument(
  kind: ConfiguredDocument,
  cluster: Cluster,
  { document, note }: KeptDocument,
): WantedDocument {
  const patch = applicablePatch(kind, cluster)
  const set = leavesOf(patch).map(({ path }) => path)
  const before = note?.set[kind] ?? []
  const setNow = new Set(set.map(keyOf))
  const dropped = before.filter((path) => !setNow.has(keyOf(path)))
  const body = withoutPaths(withLists(kind, document), dropped)
  const changes = withoutPaths(patch, unchanged(patch, body))
  const patched = withVolumes(patchDocument({ kind, body }, changes), body, changes)
  const named = kind === 'ClusterConfiguration' ? withNames(patched, cluster) : patched
  return {
    kind,
    document: emitted(named, cluster),
    set,
    managed: [...set, ...dropped],
  }
}

/** The values of the patch that the document has already, perhaps in another notation. */
function unchanged(patch: KubeadmPatch, document: PlainObject): readonly Path[] {
  const kept = leavesByKey(document)
  return leavesOf(patch)
    .filter(({ path, value }) => isSame(value, kept.get(keyOf(path))?.value, path))
    .map(({ path }) => path)
}

/** Extra arguments as lists, as kubeadm's documents are modelled here; the kept document may have maps. */
function withLists(kind: ConfiguredDocument, document: PlainObject): PlainObject {
  if (kind !== 'ClusterConfiguration') return document
  const listed = (component: unknown): unknown => {
    if (!isPlainObject(component) || component['extraArgs'] === undefined) return component
    return { ...component, extraArgs: mergeExtraArguments([], component['extraArgs'], 'extraArgs') }
  }
  const { etcd } = document
  return {
    ...document,
    ...defined(Object.fromEntries(CONFIGURABLE_COMPONENTS.map((name) => [name, listed(document[name])]))),
    ...(isPlainObject(etcd) && isPlainObject(etcd['local'])
      ? { etcd: { ...etcd, local: listed(etcd['local']) } }
      : {}),
  }
}

/** Volumes merge by name, as arguments do: other volumes stay. */
function withVolumes(
  { kind, body }: KubeadmDocument,
  before: PlainObject,
  patch: KubeadmPatch,
): KubeadmDocument {
  const merged = CONFIGURABLE_COMPONENTS.flatMap((name): [string, PlainObject][] => {
    const [ours, theirs, component] = [volumes(patch[name]), volumes(before[name]), body[name]]
    if (ours.length === 0 || !isPlainObject(component)) return []
    const named = new Set(ours.map((volume) => volume['name']))
    const kept = theirs.filter((volume) => !named.has(volume['name']))
    return [[name, { ...component, extraVolumes: [...kept, ...ours] }]]
  })
  return { kind, body: { ...body, ...Object.fromEntries(merged) } }
}

function volumes(component: unknown): readonly PlainObject[] {
  const list = isPlainObject(component) ? component['extraVolumes'] : undefined
  return Array.isArray(list) ? list.filter(isPlainObject) : []
}

/** The names in the API server's certificate are exactly those of the file, in the order in which they are kept. */
function withNames({ kind, body }: KubeadmDocument, cluster: Cluster): KubeadmDocument {
  const rendered = patchedClusterConfiguration(cluster).body['apiServer']
  const wanted = textsIn(rendered)
  const kept = textsIn(body['apiServer'])
  // kubeadm puts the endpoint into the certificate in any case; not every cluster's record names it.
  const { host } = cluster.kubernetes.controlPlaneEndpoint
  const named = (names: readonly string[]) =>
    [...new Set(names.filter((name) => name !== host))].sort().join()
  if (named(kept) === named(wanted)) return { kind, body }
  const certSANs = [
    ...kept.filter((name) => wanted.includes(name)),
    ...wanted.filter((name) => !kept.includes(name)),
  ]
  const server = isPlainObject(body['apiServer']) ? body['apiServer'] : {}
  return { kind, body: { ...body, apiServer: { ...server, certSANs } } }
}

function textsIn(apiServer: unknown): readonly string[] {
  const names = isPlainObject(apiServer) ? apiServer['certSANs'] : undefined
  return Array.isArray(names) ? names.map(String) : []
}

function emitted(document: KubeadmDocument, { kubernetes }: Cluster): PlainObject {
  if (document.kind !== 'ClusterConfiguration') return document.body
  const api = isV1beta3(document.body) ? 'v1beta3' : minorFacts(kubernetes.version).kubeadmApi
  return emitDocument(document, api)
}

/** The lines in which a document differs; values that may be secret are not shown. */
export function diffOf(kind: ConfiguredDocument, differing: readonly LeafDifference[]): readonly DiffLine[] {
  return differing.map(({ path, before, after }) => ({
    ...{ document: kind, path: titleOf(path) },
    ...defined({ old: shown(path, before), new: shown(path, after) }),
  }))
}

function shown(path: Path, value: unknown): string | undefined {
  if (value === undefined) return undefined
  const text = JSON.stringify(value)
  return mayBeSecret(path.at(-1) ?? '', typeof value === 'string' ? value : text) ? '(not shown)' : text
}
