/** What an apply does to prepare a host that becomes a node or carries a member of etcd. */
import type { HostFacts } from '../../facts/facts.js'
import { containerdFiles } from '../../configuration/containerd/files.js'
import { CONTAINERD_CONFIG_FILE, REGISTRIES_FOLDER } from '../../configuration/containerd/config.js'
import { hostsTomlPath } from '../../configuration/containerd/registries.js'
import { CNI_FOLDER } from '../../facts/host-details.js'
import type { HostConfiguration } from '../../facts/host-configuration.js'
import { MODULES_FILE, SYSCTL_FILE, type HostFile } from '../../configuration/host-prerequisites.js'
import { versionOf, type Cluster } from '../../cluster/model.js'
import type { PackageManagerFacts } from '../../configuration/package-managers/package-manager.js'
import {
  packageManagerFacts,
  systemPackageManager,
} from '../../configuration/package-managers/package-managers.js'
import { CNI_PACKAGE, missingPackages, nodePackages } from '../../configuration/packages.js'
import { sha256 } from '../../values/sha256.js'
import { keepsSwap, swapChange } from '../../facts/swap.js'
import { changesOf, type HostChanges } from './context.js'
import { fileActions, listed } from './files.js'
import { kernelActions } from './kernel.js'
import { serviceActions } from './services.js'

const PHASE = 'prepare-hosts'

/** Everything that the step of this phase would change. It also pulls images on hosts that have not joined. */
export const preparedChanges: HostChanges = ({ cluster, host, facts }) => {
  if (host.role === 'load-balancer') return []
  if (host.preparedByHand === true) return changesOf(host, PHASE, claims(cluster, facts))
  const version = versionOf(cluster, host)
  const manager = systemPackageManager(facts) ?? packageManagerFacts({})
  const wanted = cluster.packages.install ? nodePackages(version, manager.packageNames) : []
  const missing = missingPackages(wanted, facts.packages).map(({ name }) => name)
  const swap = keepsSwap(cluster) ? undefined : swapChange(facts)
  return changesOf(host, PHASE, [
    ...(missing.length === 0 ? [] : [`install ${missing.join(', ')} for ${version}`]),
    ...(swap === undefined ? [] : [swap]),
    ...(missing.includes(CNI_PACKAGE) ? [] : linkedPlugins(facts)),
    ...(facts.configuration === undefined
      ? []
      : settings(cluster, version, manager, facts, facts.configuration)),
  ])
}

/** A host that was prepared by hand may be part of the cluster long before Quorate knows of it. */
function claims({ name }: Cluster, { claimedBy }: HostFacts): readonly string[] {
  return claimedBy === name ? [] : [`claim the host for ${name}`]
}

/** Debian installs CNI plugins where containerd does not look for them. */
function linkedPlugins({ details }: HostFacts): readonly string[] {
  const unlinked = details?.unlinkedCniPlugins ?? []
  return unlinked.length === 0 ? [] : [`link the CNI plugins ${unlinked.join(', ')} into ${CNI_FOLDER}`]
}

function settings(
  cluster: Cluster,
  version: string,
  manager: PackageManagerFacts,
  facts: HostFacts,
  configuration: HostConfiguration,
): readonly string[] {
  const { packages } = cluster
  const major = configuration.containerdMajor
  // Which containerd a package installs is known only afterwards. That the host changes is known before.
  const runtime = containerdFiles(cluster, major ?? 1)
  const files = [
    ...(packages.install ? repositoryFiles(cluster, version, manager) : []),
    MODULES_FILE,
    SYSCTL_FILE,
    ...runtime,
  ]
  return [
    ...kernelActions(configuration),
    ...fileActions(files, configuration),
    ...(packages.install &&
    packages.signingKey === undefined &&
    configuration.files[manager.keyFile.path] === undefined
      ? [`fetch the signing key of ${packages.repository}`]
      : []),
    ...listed('remove', leftRegistries(cluster, Object.keys(configuration.files))),
    ...(major === undefined ? [] : containerdActions(runtime, configuration)),
    ...(packages.install &&
    isInstalled(facts, 'kubelet') &&
    configuration.services['kubelet']?.enabled !== true
      ? ['enable kubelet at boot']
      : []),
  ]
}

/** The files about the repository; the key only if the cluster file has it. */
function repositoryFiles(
  { packages }: Cluster,
  version: string,
  { repository, sourceFile, keyFile }: PackageManagerFacts,
): readonly HostFile[] {
  const source = { ...sourceFile, content: repository(packages, version).sourceFile }
  if (packages.signingKey === undefined) return [source]
  return [{ ...keyFile, content: packages.signingKey }, source]
}

/** Registry files that Quorate wrote on a host and whose registry is no longer in the cluster file. */
export function leftRegistries({ containerRuntime }: Cluster, written: readonly string[]): readonly string[] {
  const wanted = new Set(containerRuntime.registries.map(hostsTomlPath))
  return written.filter((path) => path.startsWith(`${REGISTRIES_FOLDER}/`) && !wanted.has(path))
}

function containerdActions(files: readonly HostFile[], { services }: HostConfiguration): readonly string[] {
  const content = files.find(({ path }) => path === CONTAINERD_CONFIG_FILE.path)?.content ?? ''
  const wanted = { name: 'containerd', digest: sha256(content), takesUp: 'restart' } as const
  return serviceActions(wanted, services['containerd'])
}

function isInstalled({ packages }: HostFacts, name: string): boolean {
  return packages[name] !== undefined
}
