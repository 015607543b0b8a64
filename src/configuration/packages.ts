/** The packages of a node, and where those of Kubernetes come from. */
import { PROGRAM_PACKAGES, requiredPrograms } from '../cluster/host-programs.js'
import type { Packages } from '../cluster/model.js'
import { minorName, packageVersion, requireVersion } from '../cluster/versions.js'

/** A package that a host should have. */
export interface WantedPackage {
  readonly name: string
  /** Version pattern, e.g. `1.36.3-*`. Any version if not given. */
  readonly version?: string
  /** Other packages that also serve, if one is installed already or if no repository has the first. */
  readonly alternatives?: readonly string[]
  /** Only Quorate may upgrade it. */
  readonly hold?: boolean
  /** Installed together with others if a repository has it. Its absence alone is no reason to install anything. */
  readonly optional?: boolean
}

/** Released in step with Kubernetes itself: installed at the cluster's version and held there. */
export const KUBERNETES_PACKAGES = ['kubeadm', 'kubelet', 'kubectl'] as const

/** The name of a package of Kubernetes itself. */
export type KubernetesPackage = (typeof KUBERNETES_PACKAGES)[number]

/**
 * Debian's package of the container runtime, and the one from Docker's repository, which serves just as well if it is
 * installed.
 */
export const CONTAINER_RUNTIME_PACKAGE = 'containerd'
export const CONTAINER_RUNTIME_ALTERNATIVES = ['containerd.io'] as const

/** The CNI plugins: from the Kubernetes repository, or Debian's own, which are in another folder. */
export const CNI_PACKAGE = 'kubernetes-cni'
const CNI_ALTERNATIVES = ['containernetworking-plugins'] as const

/** Packages that no system is without. */
const ESSENTIAL: readonly string[] = ['coreutils', 'util-linux']

/**
 * Useful on a node: crictl, to pull images as kubelet pulls them, and iptables, with which the CNI plugin portmap
 * serves host ports. Not every repository has them.
 */
const OPTIONAL_PACKAGES = ['cri-tools', 'iptables'] as const

/**
 * Everything that a node of this version needs, by name. The dependencies of the public packages have changed from
 * minor to minor, and even within one.
 * @param names the names of packages that the host's package manager calls otherwise than Debian.
 */
export function nodePackages(
  kubernetesVersion: string,
  names: Readonly<Record<string, string>> = {},
): readonly WantedPackage[] {
  const programs = requiredPrograms(kubernetesVersion)
    .map((program) => PROGRAM_PACKAGES[program] ?? program)
    .map((name) => names[name] ?? name)
  const system = [...new Set(programs)].filter((name) => !ESSENTIAL.includes(name))
  return [
    ...versionedPackages(kubernetesVersion),
    { name: CNI_PACKAGE, alternatives: CNI_ALTERNATIVES },
    ...system.map((name) => ({ name })),
    ...OPTIONAL_PACKAGES.filter((name) => !system.includes(name)).map((name) => ({ name, optional: true })),
  ]
}

/**
 * The packages that a host must also have under these names if people prepare it themselves. For everything else only
 * the programs count, wherever they come from. Preflight looks for those.
 */
export function versionedPackages(kubernetesVersion: string): readonly WantedPackage[] {
  const version = packagePin(kubernetesVersion)
  return [
    { name: CONTAINER_RUNTIME_PACKAGE, alternatives: CONTAINER_RUNTIME_ALTERNATIVES },
    ...KUBERNETES_PACKAGES.map((name) => ({ name, version, hold: true })),
  ]
}

/**
 * The wanted packages that must be installed, given the installed versions by name. If there are any, missing optional
 * packages are included.
 */
export function missingPackages(
  wanted: readonly WantedPackage[],
  installed: Readonly<Record<string, string>>,
): readonly WantedPackage[] {
  const missing = wanted.filter((one) => !isInstalled(one, installed))
  return missing.every(({ optional }) => optional === true) ? [] : missing
}

function isInstalled(
  { name, alternatives = [], version }: WantedPackage,
  installed: Readonly<Record<string, string>>,
): boolean {
  const found = [name, ...alternatives]
    .map((candidate) => installed[candidate])
    .find((one) => one !== undefined)
  return found !== undefined && (version === undefined || `${found}-`.startsWith(version.replace(/\*$/, '')))
}

/**
 * The repository that has one minor's packages of a format: its URL, and the part of it that says which one it is.
 * @throws QuorateError `VERSION_NOT_RESOLVED` for a version that is still a channel.
 */
export function repositoryUrl(
  { repository }: Packages,
  kubernetesVersion: string,
  format: 'deb' | 'rpm',
): { readonly path: string; readonly url: string } {
  const path = `core:/stable:/v${minorName(requireVersion(kubernetesVersion))}/${format}`
  return { path, url: `${repository.replace(/\/+$/, '')}/${path}/` }
}

/** Pattern that matches every build of the version's packages: `1.36.3-*`. */
export function packagePin(kubernetesVersion: string): string {
  // dpkg and rpm sort `~` before the end of a version, so packages of 1.37.0-rc.1 are called 1.37.0~rc.1-….
  return `${packageVersion(requireVersion(kubernetesVersion)).replace('-', '~')}-*`
}
