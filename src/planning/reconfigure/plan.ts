/** What an apply changes of the configuration of a running cluster: documents, and the hosts that follow them. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { ConfiguredDocument } from '../../facts/configuration-note.js'
import type { Standing } from '../../facts/standing.js'
import { APPLY_PHASES, type ApplyPhase } from '../../operations/apply-phases.js'
import type { DiffLine, PlannedChange } from '../../operations/results.js'
import { defined } from '../../values/defined.js'
import type { PlainObject } from '../../values/merge.js'
import { diffOf, wantedDocument, type WantedDocument } from './documents.js'
import { differingLeaves, type Path } from './leaves.js'

/** The components whose manifests follow the ClusterConfiguration, with where it has their settings. */
const COMPONENT_FIELDS = {
  etcd: ['etcd', 'local'],
  'kube-apiserver': ['apiServer'],
  'kube-controller-manager': ['controllerManager'],
  'kube-scheduler': ['scheduler'],
} as const satisfies Readonly<Record<string, Path>>

/** The name of such a component. */
export type ConfiguredComponent = keyof typeof COMPONENT_FIELDS

/** What changes. */
export interface Reconfiguration {
  /** The components whose arguments or volumes may change. */
  readonly components: readonly ConfiguredComponent[]
  readonly names: boolean
  readonly kubelets: boolean
  /** kube-proxy, whose pods all have one configuration. */
  readonly proxies: boolean
  /** The control plane that everything is tried on first. */
  readonly first: Host
  /** The other control planes of the cluster. */
  readonly controlPlanes: readonly Host[]
  readonly workers: readonly Host[]
  readonly changes: readonly PlannedChange[]
}

/**
 * The cluster with the file's own patches: what the running cluster has fixed for hosts that join must not pass for what
 * the file sets.
 */
export function asInFile(cluster: Cluster, { kubernetes: { kubeadm } }: Cluster): Cluster {
  return { ...cluster, kubernetes: { ...cluster.kubernetes, kubeadm } }
}

/** Returns what an apply changes; undefined if the cluster has the configuration of the file. */
export function planReconfiguration(
  cluster: Cluster,
  standing: Standing,
  first: Host,
): Reconfiguration | undefined {
  const parts = partsOf(cluster, standing)
  const { components, names, kubelets, proxies } = parts
  if (!changesHosts(parts) && !proxies) return undefined
  const joined = new Set(standing.nodes.map(({ name }) => name))
  const nodes = cluster.hosts.filter((host) => joined.has(host.name))
  const controlPlanes = nodes.filter((host) => host.role === 'control-plane' && host.name !== first.name)
  const reconfiguration = {
    ...{ components, names, kubelets, proxies, first },
    controlPlanes: changesHosts(parts) ? controlPlanes : [],
    workers: kubelets ? nodes.filter(({ role }) => role === 'worker') : [],
  }
  return { ...reconfiguration, changes: changesOf(reconfiguration, parts.diff) }
}

type Parts = Pick<Reconfiguration, 'components' | 'names' | 'kubelets' | 'proxies'> & {
  readonly diff: readonly DiffLine[]
}

/** What is different, or may not have reached every host yet. */
function partsOf(cluster: Cluster, standing: Standing): Parts {
  const { configurationNote: note, configuration, kubeletConfiguration, kubeProxyConfiguration } = standing
  const wanted = (kind: ConfiguredDocument, document: PlainObject | undefined) =>
    document === undefined
      ? undefined
      : compared(document, wantedDocument(kind, cluster, { document, ...defined({ note }) }))
  const isChanging = note?.isChanging === true
  const server = wanted('ClusterConfiguration', configuration.document)
  const kubelet = wanted('KubeletConfiguration', kubeletConfiguration)
  const proxy = wanted('KubeProxyConfiguration', kubeProxyConfiguration)
  const mayChange = (one: typeof kubelet) =>
    one !== undefined && (one.diff.length > 0 || (isChanging && one.wanted.managed.length > 0))
  const touched = [...(server?.differing ?? []), ...(isChanging ? (server?.wanted.managed ?? []) : [])]
  return {
    components: componentsOf(touched),
    names: touched.some(isNames) || isChanging,
    kubelets: mayChange(kubelet),
    proxies: mayChange(proxy),
    diff: [server, kubelet, proxy].flatMap((one) => one?.diff ?? []),
  }
}

function compared(document: PlainObject, wanted: WantedDocument) {
  const differing = differingLeaves(document, wanted.document)
  return { wanted, differing: differing.map(({ path }) => path), diff: diffOf(wanted.kind, differing) }
}

/** Whether the path is that of the names in the API server's certificate. */
function isNames(path: Path): boolean {
  return path[0] === 'apiServer' && path[1] === 'certSANs'
}

/** The components that these values belong to, in the order in which they are changed. */
export function componentsOf(paths: readonly Path[]): readonly ConfiguredComponent[] {
  return (Object.keys(COMPONENT_FIELDS) as ConfiguredComponent[]).filter((name) =>
    paths.some((path) => isBelow(path, COMPONENT_FIELDS[name])),
  )
}

/** Whether the path leads to an argument or volume of the component. */
function isBelow(path: Path, component: Path): boolean {
  const field = path[component.length] ?? ''
  return component.every((key, index) => path[index] === key) && ['extraArgs', 'extraVolumes'].includes(field)
}

/** The names of a component's arguments or volumes among the paths. */
export function namedIn(
  component: ConfiguredComponent,
  field: 'extraArgs' | 'extraVolumes',
  paths: readonly Path[],
): ReadonlySet<string> {
  const base: Path = [...COMPONENT_FIELDS[component], field]
  const below = paths.filter((path) => base.every((key, index) => path[index] === key))
  return new Set(below.flatMap((path) => path[base.length] ?? []))
}

/** Whether control planes and nodes get something, besides the pods of kube-proxy. */
export function changesHosts({
  components,
  names,
  kubelets,
}: Pick<Reconfiguration, 'components' | 'names' | 'kubelets'>): boolean {
  return components.length > 0 || names || kubelets
}

/** Whether an API server restarts, or loses its member of etcd for a moment: balancers must not send it requests. */
export function interruptsApi({ components }: Pick<Reconfiguration, 'components'>): boolean {
  return components.includes('kube-apiserver') || components.includes('etcd')
}

function changesOf(
  { components, names, kubelets, proxies, first, controlPlanes, workers }: Omit<Reconfiguration, 'changes'>,
  lines: readonly DiffLine[],
): readonly PlannedChange[] {
  const change = (host: Host, phase: ApplyPhase, actions: readonly string[]): readonly PlannedChange[] =>
    actions.length === 0
      ? []
      : [{ host: host.name, phase: APPLY_PHASES[phase].title, action: actions.join(', ') }]
  const ofProxies = lines.filter(({ document }) => document === 'KubeProxyConfiguration')
  const diff = lines.filter((line) => !ofProxies.includes(line))
  // Without a difference, a change of an earlier operation has not reached every host.
  const unlessDone = (ofPart: readonly DiffLine[]) =>
    ofPart.length === 0 ? ', unless that is done already' : ''
  const unless = unlessDone(diff)
  const ofKubelet = `restart kubelet with the new configuration${unless}`
  const ofControlPlanes = [
    ...(components.length === 0 ? [] : [`restart ${components.join(', ')} with the new arguments${unless}`]),
    ...(names ? [`make the certificate of the API server with the names of the file${unless}`] : []),
    ...(kubelets ? [ofKubelet] : []),
  ]
  const documents = [...new Set(diff.map(({ document }) => document))]
  const withDiff = (changes: readonly PlannedChange[], ofPart: readonly DiffLine[]) =>
    changes.map((one) => (ofPart.length === 0 ? one : { ...one, diff: ofPart }))
  const rollOut = `restart the pods of kube-proxy with the new configuration, one first${unlessDone(ofProxies)}`
  return [
    ...withDiff(
      change(first, 'first-configuration', [
        ...ofControlPlanes,
        ...(documents.length === 0 ? [] : [`change ${documents.join(' and ')} of the cluster`]),
      ]),
      diff,
    ),
    ...controlPlanes.flatMap((host) => change(host, 'control-plane-configuration', ofControlPlanes)),
    ...workers.flatMap((host) => change(host, 'worker-configuration', [ofKubelet])),
    ...withDiff(change(first, 'kube-proxy-configuration', proxies ? [rollOut] : []), ofProxies),
  ]
}
