/**
 * What the packages of Kubernetes depend on, as data: as the public repository publishes them, and in the shapes that
 * it has had. Sources: kubernetes/release, `cmd/krel/templates/latest/metadata.yaml` and `kubelet.spec`; for the early
 * 1.36 kubernetes/kubernetes#138534 and kubernetes-sigs/cri-tools#2057.
 */

/** By the name that `--packages` takes, and what each is. */
export const PACKAGE_SHAPES = {
  published: 'as the templates of the public packages say for the minor',
  'with-dependencies':
    'kubeadm depends on cri-tools and kubelet on kubernetes-cni, as the first packages of 1.36 did',
  'without-dependencies': 'neither depends on them, and the repository has them',
  'without-tools':
    'neither depends on them, and the repository does not have them, as that of 1.36 for a time',
} as const

/** Name of a shape. */
export type PackagesShape = keyof typeof PACKAGE_SHAPES

/** Packages that another one depends on, as control files name them. */
export interface Dependencies {
  readonly kubeadm: readonly string[]
  readonly kubelet: readonly string[]
}

/** Whether there is a shape of this name. */
export function isPackagesShape(name: string): name is PackagesShape {
  return Object.hasOwn(PACKAGE_SHAPES, name)
}

/** Folder of the mirror in which the repositories of a shape are. */
export function repositoryBase(shape: PackagesShape): string {
  return shape === 'published' ? '' : shape
}

// The public ones ask for 1.2.0; the lab's plugins are Debian's, of 1.1.1.
const CNI = 'kubernetes-cni (>= 1.1.1)'
// iptables was weakened to a recommendation in September 2026, after these versions were published.
const SYSTEM = ['iptables (>= 1.4.21)', 'mount', 'util-linux']

/** The dependencies of kubeadm and kubelet of a minor (`v1.36`) in a shape. */
export function dependenciesOf(minor: string, shape: PackagesShape): Dependencies {
  switch (shape) {
    case 'published':
      return { kubeadm: publishedKubeadm(Number(minor.split('.')[1])), kubelet: [CNI, ...SYSTEM] }
    case 'with-dependencies':
      return { kubeadm: ['cri-tools (>= 1.30.0)'], kubelet: [CNI, ...SYSTEM] }
    case 'without-dependencies':
    case 'without-tools':
      return { kubeadm: [], kubelet: ['mount', 'util-linux'] }
  }
}

function publishedKubeadm(minor: number): readonly string[] {
  if (minor >= 32) return []
  if (minor >= 30) return ['cri-tools (>= 1.30.0)']
  const criTools = minor >= 28 ? 'cri-tools (>= 1.28.0)' : 'cri-tools (>= 1.25.0)'
  return ['kubelet (>= 1.19.0)', 'kubectl (>= 1.19.0)', CNI, criTools]
}
