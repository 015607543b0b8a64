/** The programs that the lab builds from published Go modules: what, in which version, from which packages. */

/** A program (or several that share a module graph), by published module versions. */
export interface GoProgram {
  readonly name: string
  readonly version: string
  /** Modules that are required, as `path@version`. */
  readonly modules: readonly string[]
  /** File name of each binary, and the package it is built from; `.` is our own source under sources/<name>. */
  readonly binaries: Readonly<Record<string, string>>
  /** Values of string variables, set by the linker. */
  readonly variables?: Readonly<Record<string, string>>
  /** Version of Kubernetes whose requirements are taken over, so that what is shared is compiled once. */
  readonly graphOf?: string
  /** A published main.go that becomes our own source, without imports that would need a C compiler. */
  readonly mainOf?: { readonly module: string; readonly without: readonly string[] }
}

/** Pinned versions of what does not follow from the Kubernetes version. */
export const PINNED = {
  kubernetes: 'v1.36.3',
  criTools: 'v1.36.0',
  flannel: 'v0.26.7',
  /** The last version that carries the `flannel` CNI plugin. */
  flannelCniPlugin: 'v0.9.1',
} as const

/** Patches of this number and above are the lab's own, see {@link sourcesOf}. */
const FIRST_OWN_PATCH = 100

/**
 * The published version that a version is made from: v1.36.103 is v1.36.3 under a higher number. Linking it again takes
 * seconds where another patch would take all of Kubernetes to compile, and an upgrade cannot tell them apart.
 */
function sourcesOf(version: string): string {
  const [major = '', minor = '', patch = ''] = version.split('.')
  const number = Number(patch)
  return number < FIRST_OWN_PATCH ? version : [major, minor, number - FIRST_OWN_PATCH].join('.')
}

/** All Kubernetes commands in one program. */
export function kubernetes(version: string): GoProgram {
  const [, minor = ''] = version.split('.')
  const variables: Record<string, string> = {}
  for (const path of ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']) {
    variables[`${path}.gitVersion`] = version
    variables[`${path}.gitMajor`] = '1'
    variables[`${path}.gitMinor`] = minor
    variables[`${path}.gitTreeState`] = 'clean'
    variables[`${path}.gitCommit`] = 'lab'
    variables[`${path}.buildDate`] = '2026-01-01T00:00:00Z'
  }
  return {
    name: 'kubernetes',
    version,
    modules: [`k8s.io/kubernetes@${sourcesOf(version)}`],
    binaries: { kubernetes: '.' },
    variables,
    graphOf: sourcesOf(version),
  }
}

/** The binaries of etcd, and the modules that they are in. */
const ETCD_MODULES = { etcd: 'server', etcdctl: 'etcdctl', etcdutl: 'etcdutl' } as const

/** The name of a binary of etcd. */
type EtcdBinary = keyof typeof ETCD_MODULES

/** All of etcd's binaries. */
export const ETCD_BINARIES = Object.keys(ETCD_MODULES) as readonly EtcdBinary[]

/** etcd, or some of its binaries: not every release of each module can be verified. */
export function etcd(version: string, binaries: readonly EtcdBinary[] = ETCD_BINARIES): GoProgram {
  const module = (binary: EtcdBinary) => `go.etcd.io/etcd/${ETCD_MODULES[binary]}/v3`
  return {
    name: 'etcd',
    version,
    modules: binaries.map((binary) => `${module(binary)}@${version}`),
    binaries: Object.fromEntries(binaries.map((binary) => [binary, module(binary)])),
  }
}

export function coredns(version: string): GoProgram {
  return {
    name: 'coredns',
    version,
    modules: [`github.com/coredns/coredns@${version}`],
    binaries: { coredns: '.' },
    graphOf: PINNED.kubernetes,
  }
}

export function pause(version: string): GoProgram {
  return { name: 'pause', version, modules: [], binaries: { pause: '.' } }
}

export function crictl(): GoProgram {
  return {
    name: 'crictl',
    version: PINNED.criTools,
    modules: [`sigs.k8s.io/cri-tools@${PINNED.criTools}`],
    binaries: { crictl: 'sigs.k8s.io/cri-tools/cmd/crictl' },
    graphOf: PINNED.kubernetes,
    variables: { 'sigs.k8s.io/cri-tools/pkg/version.Version': PINNED.criTools.slice(1) },
  }
}

export function flanneld(): GoProgram {
  const module = `github.com/flannel-io/flannel@${PINNED.flannel}`
  return {
    name: 'flannel',
    version: PINNED.flannel,
    modules: [module],
    binaries: { flanneld: '.' },
    graphOf: PINNED.kubernetes,
    variables: { 'github.com/flannel-io/flannel/pkg/version.Version': PINNED.flannel },
    mainOf: { module, without: ['github.com/flannel-io/flannel/pkg/backend/udp'] },
  }
}

export function flannelCniPlugin(): GoProgram {
  return {
    name: 'flannel-cni-plugin',
    version: PINNED.flannelCniPlugin,
    modules: [`github.com/containernetworking/plugins@${PINNED.flannelCniPlugin}`],
    binaries: { flannel: 'github.com/containernetworking/plugins/plugins/meta/flannel' },
  }
}
