/**
 * The state of everything that Quorate configures on a host: files by digest and mode, kernel modules and parameters,
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
import { defined } from '../values/defined.js'
import type { PlainObject } from '../values/merge.js'
import type { Cluster } from '../cluster/model.js'
import { PACKAGE_MANAGER_FACTS } from '../configuration/package-managers/package-managers.js'

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
  /** Digest of the file that the service read when Quorate last started or reloaded it. */
  readonly loaded?: string
}

/** The state of a host, as far as Quorate configures it. */
export interface HostConfiguration {
  /** By path: those of {@link managedPaths} that exist, and registry files that Quorate wrote. */
  readonly files: Readonly<Record<string, FileState>>
  /** The needed kernel modules that are in effect. */
  readonly modules: readonly string[]
  /** Values of the needed kernel parameters. */
  readonly parameters: Readonly<Record<string, string>>
  /** By name, of {@link MANAGED_SERVICES}. */
  readonly services: Readonly<Record<string, ServiceState>>
  /** Major version of the installed containerd; undefined if there is none, or none that Quorate knows. */
  readonly containerdMajor?: ContainerdMajor
  /** The file that the kubelet was started with, if it runs. */
  readonly kubeletConfiguration?: string
  /** The content of that file; undefined if it is not a YAML document. */
  readonly kubeletDocument?: PlainObject
}

/** Services that Quorate runs on hosts. */
export const MANAGED_SERVICES = ['kubelet', 'containerd', 'haproxy', 'keepalived'] as const

const SAME_EVERYWHERE = [
  MODULES_FILE,
  SYSCTL_FILE,
  CRICTL_CONFIG_FILE,
  CONTAINERD_CONFIG_FILE,
  ...Object.values(PACKAGE_MANAGER_FACTS).flatMap(({ sourceFile, keyFile }) => [sourceFile, keyFile]),
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
    ...defined({ containerdMajor: containerd }),
    ...(kubelet === undefined || kubelet === '' ? {} : { kubeletConfiguration: kubelet }),
    ...kubeletDocument(all('kubeletDocument')[0] ?? ''),
  }
}

/** The kubelet's file, which is in base64 in the answer. */
function kubeletDocument(encoded: string): Pick<HostConfiguration, 'kubeletDocument'> {
  try {
    const document = parseDocument(Buffer.from(encoded, 'base64').toString('utf8'))
    return defined({ kubeletDocument: document })
  } catch {
    return {}
  }
}

/** The containerd major from the output of `--version`; undefined for one that Quorate does not know. */
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

/** Services by name, from blocks of `systemctl show`, each on one line, and the recorded digests. */
export function parseServices(answers: Answers): Readonly<Record<string, ServiceState>> {
  const loaded = new Map((answers.get('loaded') ?? []).map((line) => split(line)))
  return Object.fromEntries(
    (answers.get('unit') ?? []).flatMap((line): [string, ServiceState][] => {
      const property = (name: string) => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? ''
      const service = property('Id').replace(/\.service$/, '')
      const digest = loaded.get(service)
      const state: ServiceState = {
        // Also while it loads a new configuration.
        active: ['active', 'reloading', 'refreshing'].includes(property('ActiveState')),
        enabled: ENABLED.has(property('UnitFileState')),
        ...defined({ loaded: digest }),
      }
      return service === '' ? [] : [[service, state]]
    }),
  )
}

function split(line: string): [string, string] {
  const [first = '', rest = ''] = words(line, 2)
  return [first, rest]
}

/** The first words of a line. The last one is the rest of the line. */
function words(line: string, count: number): readonly string[] {
  const parts = line.split(' ')
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(' ')]
}
