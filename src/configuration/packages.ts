/** The packages of a node, and where apt gets those of Kubernetes from. */
import { PROGRAM_PACKAGES, requiredPrograms } from '../cluster/host-programs.js'
import type { Packages } from '../cluster/model.js'
import { minorName, packageVersion, requireVersion } from '../cluster/versions.js'

/** A package that a host is to have. */
export interface WantedPackage {
  readonly name: string
  /** Pattern of the version for apt, e.g. `1.36.3-*`; any where not given. */
  readonly version?: string
  /** Other packages that also serve, where they are installed already or no repository has the first. */
  readonly alternatives?: readonly string[]
  /** Kept from being upgraded by anything but Quorate. */
  readonly hold?: boolean
  /** Installed beside others where a repository has it; its absence alone is no reason to install anything. */
  readonly optional?: boolean
}

/** Released in step with Kubernetes itself: installed at the cluster's version and held there. */
export const KUBERNETES_PACKAGES = ['kubeadm', 'kubelet', 'kubectl'] as const

/** Debian's name of the container runtime, and that of Docker's repository, which is as good where it is there. */
export const CONTAINER_RUNTIME_PACKAGE = 'containerd'
export const CONTAINER_RUNTIME_ALTERNATIVES = ['containerd.io'] as const

/** The CNI plugins: of the Kubernetes repository, or Debian's own, which lie in another folder. */
export const CNI_PACKAGE = 'kubernetes-cni'
const CNI_ALTERNATIVES = ['containernetworking-plugins'] as const

/** Packages that Debian marks as essential: always there. */
const ESSENTIAL: readonly string[] = ['coreutils', 'util-linux']

/**
 * Good to have on a node: crictl, by which images are pulled as kubelet pulls them, and iptables, by which the CNI
 * plugin portmap serves ports of the host. Not every repository has them.
 */
const OPTIONAL_PACKAGES = ['cri-tools', 'iptables'] as const

/**
 * Everything that a node of this version needs, by name: what the public packages depend on has changed from minor
 * to minor, and again within one.
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
 * The packages that a host which people prepare themselves must have under these names too. Of everything else only
 * the programs count, wherever they come from; preflight looks for those.
 */
export function versionedPackages(kubernetesVersion: string): readonly WantedPackage[] {
  const version = packagePin(kubernetesVersion)
  return [
    { name: CONTAINER_RUNTIME_PACKAGE, alternatives: CONTAINER_RUNTIME_ALTERNATIVES },
    ...KUBERNETES_PACKAGES.map((name) => ({ name, version, hold: true })),
  ]
}

/**
 * What must be installed, of the wanted packages, given the installed versions by name; with anything, also the
 * optional ones that are not there.
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

/** The files that tell apt of the Kubernetes repository. */
export const APT_SOURCE_FILE = {
  path: '/etc/apt/sources.list.d/quorate-kubernetes.list',
  mode: 0o644,
} as const
export const APT_KEY_FILE = { path: '/etc/apt/keyrings/quorate-kubernetes.asc', mode: 0o644 } as const

/** Everything that apt must be told of the repository of one Kubernetes version. */
export interface AptPlan {
  /** `<base>/core:/stable:/v1.36/deb/` */
  readonly repositoryUrl: string
  /** `core:/stable:/v1.36/deb`, which apt's words about the repository hold also where the base redirects elsewhere. */
  readonly repositoryPath: string
  /** Where the repository itself offers the key that signs it, ASCII-armored. */
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
  // Debian versions sort `~` before the end: packages of 1.37.0-rc.1 are called 1.37.0~rc.1-….
  return `${packageVersion(requireVersion(kubernetesVersion)).replace('-', '~')}-*`
}

/**
 * Everything that apt must be told of the repository.
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
