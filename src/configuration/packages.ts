/** The packages of a node, and where apt gets the Kubernetes packages. */
import { PROGRAM_PACKAGES, requiredPrograms } from '../cluster/host-programs.js'
import type { Packages } from '../cluster/model.js'
import { minorName, packageVersion, requireVersion } from '../cluster/versions.js'

/** A package that a host should have. */
export interface WantedPackage {
  readonly name: string
  /** Version pattern for apt, e.g. `1.36.3-*`. Any version if not given. */
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

/**
 * Debian's package of the container runtime, and the one from Docker's repository, which serves just as well if it is
 * installed.
 */
export const CONTAINER_RUNTIME_PACKAGE = 'containerd'
export const CONTAINER_RUNTIME_ALTERNATIVES = ['containerd.io'] as const

/** The CNI plugins: from the Kubernetes repository, or Debian's own, which are in another folder. */
export const CNI_PACKAGE = 'kubernetes-cni'
const CNI_ALTERNATIVES = ['containernetworking-plugins'] as const

/** Packages that Debian marks as essential, so that they are always installed. */
const ESSENTIAL: readonly string[] = ['coreutils', 'util-linux']

/**
 * Useful on a node: crictl, to pull images as kubelet pulls them, and iptables, with which the CNI plugin portmap
 * serves host ports. Not every repository has them.
 */
const OPTIONAL_PACKAGES = ['cri-tools', 'iptables'] as const

/**
 * Everything that a node of this version needs, by name. The dependencies of the public packages have changed from
 * minor to minor, and even within one.
 */
export function nodePackages(kubernetesVersion: string): readonly WantedPackage[] {
  const programs = requiredPrograms(kubernetesVersion).map((program) => PROGRAM_PACKAGES[program] ?? program)
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

/** The files that tell apt about the Kubernetes repository. */
export const APT_SOURCE_FILE = {
  path: '/etc/apt/sources.list.d/quorate-kubernetes.list',
  mode: 0o644,
} as const
export const APT_KEY_FILE = { path: '/etc/apt/keyrings/quorate-kubernetes.asc', mode: 0o644 } as const

/** Everything that apt must know about the repository of one Kubernetes version. */
export interface AptPlan {
  /** `<base>/core:/stable:/v1.36/deb/` */
  readonly repositoryUrl: string
  /**
   * `core:/stable:/v1.36/deb`, which apt's messages about the repository contain even if the base redirects elsewhere.
   */
  readonly repositoryPath: string
  /** URL at which the repository itself offers its signing key, ASCII-armored. */
  readonly signingKeyUrl: string
  /** Content of {@link APT_SOURCE_FILE}. */
  readonly sourceFile: string
}

/** URL of the repository that has one minor's packages. */
function repositoryUrl(packages: Packages, kubernetesVersion: string): string {
  return `${packages.repository.replace(/\/+$/, '')}/${repositoryPath(kubernetesVersion)}/`
}

function repositoryPath(kubernetesVersion: string): string {
  return `core:/stable:/v${minorName(requireVersion(kubernetesVersion))}/deb`
}

/** Pattern for apt that matches every build of the version's packages: `1.36.3-*`. */
export function packagePin(kubernetesVersion: string): string {
  // Debian sorts `~` before the end of a version, so packages of 1.37.0-rc.1 are called 1.37.0~rc.1-….
  return `${packageVersion(requireVersion(kubernetesVersion)).replace('-', '~')}-*`
}

/**
 * Everything that apt must know about the repository.
 * @throws QuorateError `VERSION_NOT_RESOLVED` for a version that is still a channel.
 */
export function aptPlan(packages: Packages, kubernetesVersion: string): AptPlan {
  const url = repositoryUrl(packages, kubernetesVersion)
  return {
    repositoryUrl: url,
    repositoryPath: repositoryPath(kubernetesVersion),
    signingKeyUrl: `${url}Release.key`,
    sourceFile: `# Written by Quorate; changes are overwritten.\ndeb [signed-by=${APT_KEY_FILE.path}] ${url} /\n`,
  }
}
