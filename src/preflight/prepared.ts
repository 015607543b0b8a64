/**
 * Checks hosts that people prepare themselves (`packages.install: false`): everything that an apply would otherwise
 * install must be there, in the right version. Nothing is installed.
 */
import type { HostFacts, ObservedHost } from '../facts/facts.js'
import { PROGRAM_PACKAGES, requiredPrograms } from '../cluster/host-programs.js'
import { balancerPackages, runsBalancer } from '../cluster/balancer-hosts.js'
import { versionOf, type Cluster } from '../cluster/model.js'
import {
  CNI_PACKAGE,
  CONTAINER_RUNTIME_ALTERNATIVES,
  CONTAINER_RUNTIME_PACKAGE,
  KUBERNETES_PACKAGES,
  packagePin,
} from '../configuration/packages.js'
import type { PackageManagerFacts } from '../configuration/package-managers/package-manager.js'
import {
  systemPackageManager,
  PACKAGE_MANAGER_FACTS,
} from '../configuration/package-managers/package-managers.js'
import { finding, hasJoined, perHost, runsKubelet, type Check } from './finding.js'

/** Every missing prerequisite of a host, in one finding with the commands that bring them. */
export const preparedByHand: Check = perHost((entry, { cluster }) => {
  const isLeft = entry.host.preparedByHand === true
  // A host that is part of the cluster shows by itself that it lacks nothing.
  if (isLeft ? hasJoined(entry.facts) : cluster.packages.install) return []
  const lacks = [
    ...(runsKubelet(entry.host) ? nodeLacks(cluster, entry) : []),
    ...(runsBalancer(cluster, entry.host) ? balancerLacks(cluster, entry) : []),
  ]
  if (lacks.length === 0) return []
  const setting = isLeft ? 'prepare' : 'packages.install'
  const message = `${setting} is false, and the host lacks ${lacks.map(({ what }) => what).join(', ')}`
  return [finding('error', 'HOST_NOT_PREPARED', entry.host, message, commands(entry.facts, lacks))]
})

/** Held packages stay at the cluster's version when the system is upgraded. */
export const heldPackages: Check = perHost(({ host, facts }, { cluster }) => {
  const { details } = facts
  if (cluster.packages.install || !runsKubelet(host) || details === undefined) return []
  const loose = KUBERNETES_PACKAGES.filter(
    (name) => facts.packages[name] !== undefined && !details.heldPackages.includes(name),
  )
  const { hold } = commandsFor(facts)
  if (loose.length === 0 || hold === undefined) return []
  const message = `${loose.join(', ')} can be upgraded by the system, away from ${cluster.kubernetes.version}`
  return [finding('advice', 'PACKAGE_NOT_HELD', host, message, `\`${hold} ${loose.join(' ')}\``)]
})

interface Lack {
  readonly what: string
  /** The packages that provide it, as arguments for the package manager. */
  readonly packages?: readonly string[]
  /** The command that fixes it, if no package does. */
  readonly command?: string
}

/** One command for all packages together, then the commands for the rest. */
function commands(facts: HostFacts, lacks: readonly Lack[]): string {
  const packages = [...new Set(lacks.flatMap((lack) => lack.packages ?? []))]
  const { install } = commandsFor(facts)
  return [
    ...(packages.length === 0 ? [] : [`${install} ${packages.join(' ')}`]),
    ...lacks.flatMap(({ command }) => command ?? []),
  ]
    .map((line) => `\`${line}\``)
    .join(', then ')
}

function nodeLacks(cluster: Cluster, { host, facts }: ObservedHost): readonly Lack[] {
  const version = versionOf(cluster, host)
  const runtime = [CONTAINER_RUNTIME_PACKAGE, ...CONTAINER_RUNTIME_ALTERNATIVES]
  return [
    ...(runtime.some((name) => facts.packages[name] !== undefined)
      ? []
      : [{ what: CONTAINER_RUNTIME_PACKAGE, packages: [CONTAINER_RUNTIME_PACKAGE] }]),
    ...KUBERNETES_PACKAGES.filter((name) => !hasVersion(facts.packages[name], version)).map((name) =>
      kubernetesLack(facts, name, version),
    ),
    ...programLacks(facts, version),
    ...serviceLacks(facts),
  ]
}

function kubernetesLack(facts: HostFacts, name: string, kubernetesVersion: string): Lack {
  const found = facts.packages[name]
  const version = kubernetesVersion.replace(/^v/, '')
  return {
    what: `${name} ${version}${found === undefined ? '' : ` (has ${found})`}`,
    packages: [commandsFor(facts).pinned(name, kubernetesVersion)],
  }
}

function programLacks({ details }: HostFacts, kubernetesVersion: string): readonly Lack[] {
  if (details === undefined) return []
  const { missingCniPlugins } = details
  const required = requiredPrograms(kubernetesVersion)
  return [
    ...details.missingPrograms
      .filter((name) => required.includes(name))
      .map((name) => ({ what: `the program ${name}`, packages: [PROGRAM_PACKAGES[name] ?? name] })),
    ...(missingCniPlugins.length === 0
      ? []
      : [
          {
            what: `the CNI plugins ${missingCniPlugins.join(', ')} in /opt/cni/bin`,
            packages: [CNI_PACKAGE],
          },
        ]),
  ]
}

/** kubelet must start at boot. If it is not installed, that goes without saying. */
function serviceLacks({ details, packages }: HostFacts): readonly Lack[] {
  if (details === undefined || packages['kubelet'] === undefined) return []
  if (details.enabledServices.includes('kubelet')) return []
  return [{ what: 'a kubelet that starts at boot', command: 'systemctl enable kubelet' }]
}

function balancerLacks(cluster: Cluster, { facts }: ObservedHost): readonly Lack[] {
  return balancerPackages(cluster)
    .filter((name) => facts.packages[name] === undefined)
    .map((name) => ({ what: name, packages: [name] }))
}

/** Whether an installed version, with or without a revision (`1.36.3-1.1`), belongs to this Kubernetes version. */
function hasVersion(installed: string | undefined, kubernetesVersion: string): boolean {
  const prefix = packagePin(kubernetesVersion).replace(/\*$/, '')
  return installed !== undefined && `${installed}-`.startsWith(prefix)
}

function commandsFor(facts: HostFacts): PackageManagerFacts['byHand'] {
  return (systemPackageManager(facts) ?? PACKAGE_MANAGER_FACTS.dnf).byHand
}
