/**
 * What preflight needs to know about a host beyond its facts: its network, its kernel, its firewall, and what was
 * prepared by hand. Also the results of probes, such as connections to its peers.
 */
import { defined } from '../values/defined.js'
import type { InterfaceAddress } from '../values/ip-address.js'
import type { Answers } from './answers.js'
import { parseBoot, type BootFacts } from './boot.js'
import { parseServices } from './host-configuration.js'
import type { Endpoint } from '../cluster/model.js'
import { HOST_PATHS } from '../cluster/host-paths.js'

/** How a TCP connection attempt went. A refusal is an answer, so packets get through. */
export type Reachability = 'open' | 'refused' | 'timeout' | 'unreachable' | 'name-not-resolved'

/** An entry of the routing table other than the default route. */
interface Route {
  readonly destination: string
  readonly interface: string
  /** Undefined for a network that the interface itself is in. */
  readonly gateway?: string
}

/** The state of a host that only preflight asks for. */
export interface HostDetails {
  readonly kernel: string
  /** Not reported by workers before 0.2. */
  readonly boot?: BootFacts
  readonly productUuid?: string
  readonly addresses: readonly InterfaceAddress[]
  readonly routes: readonly Route[]
  /** Kernel modules that are not in effect and cannot be loaded. */
  readonly missingModules: readonly string[]
  /** Kernel parameters that do not have the needed value and cannot be written. */
  readonly fixedParameters: readonly string[]
  /** Active firewalls, by the name of their service. */
  readonly firewalls: readonly string[]
  /** The programs in {@link OBSERVED_PROGRAMS} that are missing. */
  readonly missingPrograms: readonly string[]
  /** The plugins in {@link REQUIRED_CNI_PLUGINS} that are missing. */
  readonly missingCniPlugins: readonly string[]
  /** Those that are only where Debian's package puts them. Not reported by workers before 0.2. */
  readonly unlinkedCniPlugins?: readonly string[]
  /** Quorate's services that start at boot. */
  readonly enabledServices: readonly string[]
  /** Packages that the package manager keeps from being upgraded. */
  readonly heldPackages: readonly string[]
  /** Files that configure a pod network on the host. Not reported by workers before 0.2. */
  readonly podNetworks?: readonly string[]
  /** Whether containerd's configuration is neither Quorate's nor the one from its package. */
  readonly foreignContainerdConfig?: boolean
  /** Whether apt goes through a proxy. */
  readonly packageProxy: boolean
  /** What turns swap on at boot: `/etc/fstab`, systemd units. Not reported by workers before 0.2. */
  readonly swapAtBoot?: readonly string[]
  /** Free space where programs keep their data. Not reported by workers before 0.2. */
  readonly dataFolders?: readonly DataFolder[]
}

/** A folder that fills up, and the file system that it is on, or will be on. */
export interface DataFolder {
  readonly path: string
  readonly mountPoint: string
  readonly freeMiB: number
}

/** Where Quorate, containerd, kubelet and etcd keep their data, each perhaps on a file system of its own. */
export const DATA_FOLDERS = [
  '/var/lib',
  '/var/lib/containerd',
  '/var/lib/kubelet',
  HOST_PATHS.etcdData,
] as const

/** The results of probes on a host. */
export interface HostProbes {
  /** By `host:port`. */
  readonly connections: Readonly<Record<string, Reachability>>
  /** What the endpoint's name resolves to there. */
  readonly endpointAddresses: readonly string[]
  /** What the host had no time to try, as `host:port`, or the endpoint's name. Nothing is known about it. */
  readonly unanswered?: readonly string[]
  /** 99th percentile of small synced writes, in milliseconds. Measured only where etcd's data will be. */
  readonly syncMs?: number
}

/** Programs that some Kubernetes version needs (`host-programs.ts`) and that not every system has. */
export const OBSERVED_PROGRAMS = [
  'crictl',
  'conntrack',
  'iptables',
  'ip',
  'mount',
  'nsenter',
  'losetup',
  'cp',
  'sysctl',
] as const

/** Where containerd and Flannel look for CNI plugins. */
export const CNI_FOLDER = '/opt/cni/bin'

/** The CNI plugins that containerd and Flannel need and that come with the package `kubernetes-cni`. */
export const REQUIRED_CNI_PLUGINS = ['loopback', 'bridge', 'host-local', 'portmap'] as const

/** Reads the details from the facts script's answer; undefined for an answer from an older worker. */
export function parseDetails(answers: Answers): HostDetails | undefined {
  const all = (key: string): readonly string[] => answers.get(key) ?? []
  const [kernel] = all('kernel')
  if (kernel === undefined) return undefined
  const macs = new Map(
    all('mac')
      .map((entry) => entry.split(' '))
      .map(([name = '', mac = '']) => [name, mac]),
  )
  const [productUuid] = all('productUuid')
  return {
    kernel,
    ...defined({ boot: parseBoot(answers, kernel), productUuid: productUuid?.toLowerCase() }),
    addresses: parseAddresses(all('address')).map((entry) => {
      const mac = macs.get(entry.interface)
      return mac === undefined ? entry : { ...entry, mac }
    }),
    routes: all('route').flatMap(parseRoute),
    missingModules: all('missingModule'),
    fixedParameters: all('fixedParameter'),
    firewalls: all('firewall'),
    missingPrograms: all('missingProgram'),
    missingCniPlugins: all('missingCniPlugin'),
    unlinkedCniPlugins: all('unlinkedCniPlugin'),
    enabledServices: Object.entries(parseServices(answers)).flatMap(([name, { enabled }]) =>
      enabled ? [name] : [],
    ),
    heldPackages: all('heldPackage'),
    podNetworks: all('podNetwork'),
    foreignContainerdConfig: all('foreignContainerdConfig').length > 0,
    packageProxy: all('packageProxy').length > 0,
    swapAtBoot: all('swapAtBoot'),
    dataFolders: all('dataFolder').flatMap(parseDataFolder),
  }
}

/** `/var/lib/etcd 1048576 /var/lib/etcd`: the folder, KiB free, and where its file system is mounted. */
function parseDataFolder(line: string): readonly DataFolder[] {
  const { path, free, mountPoint } = /^(?<path>\S+) (?<free>\d+) (?<mountPoint>.+)$/.exec(line)?.groups ?? {}
  if (path === undefined || mountPoint === undefined) return []
  return [{ path, mountPoint, freeMiB: Math.round(Number(free) / 1024) }]
}

/** Addresses as a host lists them: an interface and its address in each line. */
export function parseAddresses(lines: readonly string[]): readonly InterfaceAddress[] {
  return lines.map((line) => {
    const [name = '', address = ''] = line.split(' ')
    return { interface: name, address }
  })
}

/** A line of `ip route`: `10.0.0.0/8 via 10.1.0.1 dev eth0 proto static`. */
function parseRoute(line: string): readonly Route[] {
  const words = line.split(/\s+/)
  const after = (word: string): string | undefined =>
    words.includes(word) ? words[words.indexOf(word) + 1] : undefined
  const [destination = ''] = words
  const gateway = after('via')
  if (!/^[0-9a-f.:]+(\/\d+)?$/i.test(destination)) return []
  return [{ destination, interface: after('dev') ?? '', ...defined({ gateway }) }]
}

/** The answers of the connection script: `outcome<TAB>host:port`, `unknown<TAB>what`, and `endpoint<TAB>address`. */
export function parseConnections(
  answer: string,
): Pick<HostProbes, 'connections' | 'endpointAddresses' | 'unanswered'> {
  const connections: Record<string, Reachability> = {}
  const endpointAddresses: string[] = []
  const unanswered: string[] = []
  for (const line of answer.split('\n')) {
    const [what = '', value = ''] = line.split('\t')
    if (value === '') continue
    if (what === 'endpoint') endpointAddresses.push(value)
    else if (what === 'unknown') unanswered.push(value)
    else connections[value] = what as Reachability
  }
  return { connections, endpointAddresses, ...(unanswered.length === 0 ? {} : { unanswered }) }
}

/** 99th percentile of the samples, in milliseconds. The samples are in seconds, one per line. */
export function slowestSync(answer: string): number | undefined {
  const seconds = answer
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(Number)
    // Some programs report only tenths of a second, so a zero is a sample too.
    .filter((sample) => sample >= 0)
    .sort((a, b) => a - b)
  const slow = seconds[Math.min(seconds.length - 1, Math.ceil(seconds.length * 0.99) - 1)]
  return slow === undefined ? undefined : Math.round(slow * 10_000) / 10
}

/** Where a URL leads: its host, and its port or the scheme's default. */
export function endpointOfUrl(url: string): Endpoint | undefined {
  const { protocol, hostname, port } =
    /^(?<protocol>https?):\/\/(?<hostname>\[[^\]]+\]|[^:/]+)(?::(?<port>\d+))?/.exec(url)?.groups ?? {}
  if (hostname === undefined) return undefined
  const usual = protocol === 'http' ? 80 : 443
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === undefined ? usual : Number(port) }
}
