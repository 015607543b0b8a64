/**
 * What a host tells of everything that Quorate sets there: files by digest and mode, kernel modules and parameters,
 * and services. A plan compares it with what an apply would write.
 */
import { ETCD_KUBELET_CONFIGURATION, ETCD_KUBELET_UNIT } from '../configuration/etcd/kubelet.js'
import { CONTAINERD_CONFIG_FILE, type ContainerdMajor } from '../configuration/containerd/config.js'
import { CRICTL_CONFIG_FILE } from '../configuration/containerd/crictl.js'
import { hostsTomlPath } from '../configuration/containerd/registries.js'
import type { Answers } from './answers.js'
import { MODULES_FILE, SYSCTL_FILE } from '../configuration/host-prerequisites.js'
import { parseDocument } from './kept-configuration.js'
import { HAPROXY_CONFIG_FILE } from '../configuration/load-balancer/haproxy.js'
import { KEEPALIVED_CONFIG_FILE } from '../configuration/load-balancer/keepalived.js'
import type { PlainObject } from '../values/merge.js'
import type { Cluster } from '../cluster/model.js'
import { APT_KEY_FILE, APT_SOURCE_FILE } from '../configuration/packages.js'

/** A regular file. */
export interface FileState {
  /** In octal, with its owner: `644 root:root`. */
  readonly mode: string
  /** SHA-256 of its content, in hexadecimal digits. */
  readonly digest: string
}

/** A service of systemd. */
export interface ServiceState {
  readonly active: boolean
  /** Whether it starts at boot. */
  readonly enabled: boolean
  /** Digest of the file that it read when Quorate last started or reloaded it. */
  readonly loaded?: string
}

/** The state of a host as far as Quorate sets it. */
export interface HostConfiguration {
  /** By path; of {@link managedPaths} those that are there, and registries' files that Quorate wrote. */
  readonly files: Readonly<Record<string, FileState>>
  /** Kernel modules that are in effect, of those that are needed. */
  readonly modules: readonly string[]
  /** Values of the kernel parameters that are needed. */
  readonly parameters: Readonly<Record<string, string>>
  /** By name, of {@link MANAGED_SERVICES}. */
  readonly services: Readonly<Record<string, ServiceState>>
  /** Of the containerd that is installed; undefined where there is none, or none that Quorate knows. */
  readonly containerdMajor?: ContainerdMajor
  /** The file that the kubelet was started with, where it runs. */
  readonly kubeletConfiguration?: string
  /** What stands in that file; undefined where it is no YAML document. */
  readonly kubeletDocument?: PlainObject
}

/** Services that Quorate has run. */
export const MANAGED_SERVICES = ['kubelet', 'containerd', 'haproxy', 'keepalived'] as const

/** Folder in which a host remembers, by service, the digest of the configuration that it was last started with. */
export const LOADED_FOLDER = '/var/lib/quorate/loaded'

const SAME_EVERYWHERE = [
  MODULES_FILE,
  SYSCTL_FILE,
  CRICTL_CONFIG_FILE,
  CONTAINERD_CONFIG_FILE,
  APT_SOURCE_FILE,
  APT_KEY_FILE,
  HAPROXY_CONFIG_FILE,
  KEEPALIVED_CONFIG_FILE,
].map(({ path }) => path)

/** Every file that Quorate may write on a host as configuration. */
export function managedPaths({ containerRuntime }: Cluster): readonly string[] {
  const etcd = [ETCD_KUBELET_CONFIGURATION, ETCD_KUBELET_UNIT]
  return [...SAME_EVERYWHERE, ...etcd, ...containerRuntime.registries.map(hostsTomlPath)]
}

/** Reads the configuration out of the facts script's answer. */
export function parseConfiguration(answers: Answers): HostConfiguration {
  const all = (key: string): readonly string[] => answers.get(key) ?? []
  const digests = new Map(
    all('fileDigest').map((line): [string, string] => {
      const [digest, path] = split(line)
      return [path, digest]
    }),
  )
  const files = all('fileMode').flatMap((line): [string, FileState][] => {
    const [mode = '', owner = '', path = ''] = words(line, 3)
    const digest = digests.get(path)
    return digest === undefined ? [] : [[path, { mode: `${mode} ${owner}`, digest }]]
  })
  const containerd = containerdMajor(all('containerdVersion')[0] ?? '')
  const [kubelet] = all('kubeletConfiguration')
  return {
    files: Object.fromEntries(files),
    modules: all('module'),
    parameters: Object.fromEntries(all('parameter').map((line) => split(line))),
    services: parseServices(answers),
    ...(containerd === undefined ? {} : { containerdMajor: containerd }),
    ...(kubelet === undefined || kubelet === '' ? {} : { kubeletConfiguration: kubelet }),
    ...kubeletDocument(all('kubeletDocument')[0] ?? ''),
  }
}

/** The kubelet's file, which the answer has in base64. */
function kubeletDocument(encoded: string): Pick<HostConfiguration, 'kubeletDocument'> {
  try {
    const document = parseDocument(Buffer.from(encoded, 'base64').toString('utf8'))
    return document === undefined ? {} : { kubeletDocument: document }
  } catch {
    return {}
  }
}

/** The major of containerd that its `--version` tells; undefined for one that Quorate does not know. */
export function containerdMajor(version: string): ContainerdMajor | undefined {
  const major = / v?(\d+)\.\d+/.exec(version)?.[1]
  if (major === '1') return 1
  return major === '2' ? 2 : undefined
}

/** Unit file states in which `systemctl is-enabled` says yes. */
const ENABLED: ReadonlySet<string> = new Set([
  'enabled',
  'enabled-runtime',
  'static',
  'alias',
  'indirect',
  'generated',
  'transient',
])

/** Services by name: blocks of `systemctl show`, each in one line, and the digests that were noted. */
export function parseServices(answers: Answers): Readonly<Record<string, ServiceState>> {
  const loaded = new Map((answers.get('loaded') ?? []).map((line) => split(line)))
  return Object.fromEntries(
    (answers.get('unit') ?? []).flatMap((line): [string, ServiceState][] => {
      const property = (name: string) => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? ''
      const service = property('Id').replace(/\.service$/, '')
      const digest = loaded.get(service)
      const state: ServiceState = {
        // Also while it takes up another configuration.
        active: ['active', 'reloading', 'refreshing'].includes(property('ActiveState')),
        enabled: ENABLED.has(property('UnitFileState')),
        ...(digest === undefined ? {} : { loaded: digest }),
      }
      return service === '' ? [] : [[service, state]]
    }),
  )
}

function split(line: string): [string, string] {
  const [first = '', rest = ''] = words(line, 2)
  return [first, rest]
}

/** The first words of a line, the last of which is the rest of it. */
function words(line: string, count: number): readonly string[] {
  const parts = line.split(' ')
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(' ')]
}
