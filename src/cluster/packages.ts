/** The packages of a node, and where apt gets those of Kubernetes from. */
import type { Packages } from './model.js'
import { minorName, packageVersion, requireVersion } from './versions.js'

/** Released in step with Kubernetes itself: installed at the cluster's version and held there. */
export const KUBERNETES_PACKAGES = ['kubeadm', 'kubelet', 'kubectl'] as const

/** Debian's name of the container runtime, and that of Docker's repository, which is as good where it is there. */
export const CONTAINER_RUNTIME_PACKAGE = 'containerd'
export const CONTAINER_RUNTIME_ALTERNATIVES = ['containerd.io'] as const

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
  /** Where the repository itself offers the key that signs it, ASCII-armored. */
  readonly signingKeyUrl: string
  /** Content of {@link APT_SOURCE_FILE}. */
  readonly sourceFile: string
}

/** URL of the repository that has one minor's packages. */
export function repositoryUrl(packages: Packages, kubernetesVersion: string): string {
  const base = packages.repository.replace(/\/+$/, '')
  return `${base}/core:/stable:/v${minorName(requireVersion(kubernetesVersion))}/deb/`
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
    signingKeyUrl: `${url}Release.key`,
    sourceFile: `# Written by Quorate; changes are overwritten.\ndeb [signed-by=${APT_KEY_FILE.path}] ${url} /\n`,
  }
}
