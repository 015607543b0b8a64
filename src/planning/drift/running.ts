/** The cluster that an operation works on: what the file wants, except for what a running cluster has already fixed. */
import { packageManagerOf } from '../../configuration/package-managers/package-managers.js'
import type { HostFacts, ObservedHost } from '../../facts/facts.js'
import { showsCluster } from '../../facts/first-control-plane.js'
import type { Bystander, Cluster, Host, KubeadmPatches } from '../../cluster/model.js'
import type { ClusterPresence, Standing } from '../../facts/standing.js'
import { hasJoined } from '../../preflight/finding.js'
import { parseVersion, formatVersion } from '../../cluster/versions.js'
import { wantedDocument } from '../reconfigure/documents.js'
import { isSpared } from './away.js'
import { defined } from '../../values/defined.js'

/**
 * The file's cluster as it runs. Version, image repository and CA are those of the running cluster. Each host is the
 * machine that answered. Nodes without a host in the file, and hosts that the cluster works without and that do not
 * answer, are bystanders.
 */
export function asRunning(
  file: Cluster,
  observed: readonly ObservedHost[],
  presence: ClusterPresence,
): Cluster {
  // What an interrupted init left behind is not binding.
  if (presence.kind === 'absent')
    return { ...file, hosts: file.hosts.map((host) => asMachine(host, factsOf(observed, host))) }
  const standing = presence.kind === 'read' ? presence.standing : undefined
  const answered = new Map(observed.map(({ host, facts }) => [host.name, facts]))
  const bystanders = standing === undefined ? [] : bystandersOf(file, answered, standing)
  const away = new Set(bystanders.map(({ name }) => name))
  return {
    ...file,
    kubernetes: {
      ...file.kubernetes,
      version: standing?.configuration.version ?? installedVersion(observed) ?? file.kubernetes.version,
      imageRepository:
        standing?.configuration.imageRepository ??
        installedRepository(observed) ??
        file.kubernetes.imageRepository,
      kubeadm: asWanted(file, standing),
    },
    hosts: file.hosts
      .filter(({ name }) => !away.has(name))
      .map((host) => asMember(host, answered.get(host.name))),
    ...(bystanders.length === 0 ? {} : { bystanders }),
    ...defined({ caHash: standing?.caHash }),
  }
}

/** Nodes that are not in the file, and hosts in the file that do not answer and that the cluster works without. */
function bystandersOf(
  file: Cluster,
  answered: ReadonlyMap<string, HostFacts>,
  standing: Standing,
): readonly Bystander[] {
  const inFile = new Set(file.hosts.map(({ name }) => name))
  const hasAnswered = (name: string) => answered.has(name)
  return [
    ...standing.nodes
      .filter(({ name }) => !inFile.has(name))
      .map(({ name, role, internalAddress = '' }): Bystander => ({
        name,
        role,
        internalAddress,
        why: 'not-in-file',
      })),
    ...file.hosts
      .filter((host) => !hasAnswered(host.name) && isSpared(file, host, standing, hasAnswered))
      .map(({ name, role, internalAddress }): Bystander => ({ name, role, internalAddress, why: 'away' })),
  ]
}

function factsOf(observed: readonly ObservedHost[], { name }: Host): HostFacts | undefined {
  return observed.find(({ host }) => host.name === name)?.facts
}

/**
 * Pins the host to its machine: whatever answers at its address later must be the same machine. Its package manager is
 * said unless it is the usual one.
 */
function asMachine(host: Host, facts: HostFacts | undefined): Host {
  if (facts === undefined) return host
  return {
    ...host,
    ...(facts.machineId === '' ? {} : { machineId: facts.machineId }),
    ...packageManagerOf(facts),
  }
}

/** A host that is part of the cluster keeps its version. */
function asMember(host: Host, facts: HostFacts | undefined): Host {
  const kubeletVersion = facts !== undefined && hasJoined(facts) ? packagedVersion(facts) : undefined
  return { ...asMachine(host, facts), ...defined({ kubeletVersion }) }
}

/** Kubelet settings that affect how Quorate prepares hosts. A host that joins gets what the cluster keeps or is to keep. */
const PREPARED_FOR = ['failSwapOn', 'failCgroupV1'] as const

function asWanted(file: Cluster, standing: Standing | undefined): KubeadmPatches {
  const patches = file.kubernetes.kubeadm
  if (standing?.kubeletConfiguration === undefined) return patches
  const { document } = wantedDocument('KubeletConfiguration', file, {
    document: standing.kubeletConfiguration,
    ...defined({ note: standing.configurationNote }),
  })
  // Only false makes a difference. Keep the file's order: the kubelet file of etcd hosts is rendered from this.
  const lenient = PREPARED_FOR.filter((key) => document[key] === false)
  const added = Object.fromEntries(lenient.map((key) => [key, false]))
  return { ...patches, kubeletConfiguration: { ...patches.kubeletConfiguration, ...added } }
}

/** The version installed on a control plane, for a cluster whose API does not answer. */
function installedVersion(observed: readonly ObservedHost[]): string | undefined {
  const serving = observed.find(({ host, facts }) => host.role === 'control-plane' && showsCluster(facts))
  return serving === undefined ? undefined : packagedVersion(serving.facts)
}

/** The image repository in the API server manifests of control planes, also for a cluster whose API does not answer. */
function installedRepository(observed: readonly ObservedHost[]): string | undefined {
  return observed.find(
    ({ host, facts }) => host.role === 'control-plane' && facts.apiServerPod?.imageRepository !== undefined,
  )?.facts.apiServerPod?.imageRepository
}

/** Converts a package version: `1.36.3-1.1` becomes `v1.36.3`. */
function packagedVersion({ packages }: HostFacts): string | undefined {
  const release = packages['kubelet']?.split('-')[0]?.replace('~', '-')
  const version = release === undefined ? undefined : parseVersion(release)
  return version === undefined ? undefined : formatVersion(version)
}
