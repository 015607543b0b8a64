/** What is observed on a host before anything is done to it, and how the facts script's answer is read. */
import { answersIn } from './answers.js'
import { ETCD_KUBELET_UNIT } from '../configuration/etcd/kubelet.js'
import { parseConfiguration, type HostConfiguration } from './host-configuration.js'
import { parseDetails, type HostDetails, type HostProbes } from './host-details.js'
import { FactReadings } from './readings.js'
import type { Host } from '../cluster/model.js'
import { defined } from '../values/defined.js'
import { HOST_PATHS } from '../cluster/host-paths.js'

/** A TCP port that something listens on. */
interface Listener {
  readonly port: number
  /** Where it listens, e.g. `0.0.0.0`, `*` or `127.0.0.1`. */
  readonly address?: string
  /** Name of the program, if it could be seen. */
  readonly program: string
}

/** Everything that is known about a host. Plain data without secrets. */
export interface HostFacts {
  readonly host: string
  readonly machineId: string
  readonly hostname: string
  readonly architecture: string
  /** `ID` of os-release, e.g. `debian`. */
  readonly osId: string
  /** `ID_LIKE` of os-release, e.g. `rhel fedora`. */
  readonly osLike: string
  /** `PRETTY_NAME` of os-release. */
  readonly osName: string
  /** Name of process 1. */
  readonly initSystem: string
  readonly cpus: number
  readonly memoryMiB: number
  /** 1 or 2. */
  readonly cgroupVersion: 1 | 2
  readonly swapOn: boolean
  /** Free space, in MiB, on the file system that holds `/var/lib`. */
  readonly freeMiB: number
  /** The host's clock minus the worker's, in milliseconds; precise to `clockUncertaintyMs`. */
  readonly clockOffsetMs: number
  /** Half the round trip of the query, plus half a second if the host gives only whole seconds. */
  readonly clockUncertaintyMs: number
  /** Installed versions by package name; only packages that Quorate cares about. */
  readonly packages: Readonly<Record<string, string>>
  readonly listeners: readonly Listener[]
  /** Paths that exist, of those in {@link OBSERVED_PATHS}. */
  readonly paths: readonly string[]
  /** Hash of the cluster CA's public key as kubeadm writes it (`sha256:…`); the cluster's identity. */
  readonly caHash?: string
  /** `host:port` of the API that kubelet or admin on this host talk to. */
  readonly apiServer?: string
  /** Name of the cluster that Quorate has claimed this host for. */
  readonly claimedBy?: string
  /** Whether an operation held the host when the facts were taken. */
  readonly isHeld?: boolean
  /** Where the API server of this host looks for etcd, according to its manifest. */
  readonly etcdServers?: readonly string[]
  /** What else the manifest of its API server says; not reported by workers before 0.2. */
  readonly apiServerPod?: ApiServerPod
  /** The certificates on the host; not reported by workers before 0.2. */
  readonly certificates?: CertificatesSeen
  /** The current state of what Quorate configures there; not reported by workers before 0.2. */
  readonly configuration?: HostConfiguration
  /** What only preflight asks for; not reported by workers before 0.2. */
  readonly details?: HostDetails
  /** The results of probes, if they were asked for. */
  readonly probes?: HostProbes
}

/** What the manifest of an API server says, whether it runs or not. */
interface ApiServerPod {
  readonly port?: number
  /** Where its image comes from, without the image's own name, e.g. `registry.k8s.io`. */
  readonly imageRepository?: string
}

/** Details of a certificate. Times are ISO 8601. */
export interface CertificateFacts {
  /** The file that holds it: a certificate, or the kubeconfig file of a client. */
  readonly path: string
  /** Its common name. */
  readonly subject: string
  readonly notBefore: string
  readonly notAfter: string
  readonly isCA: boolean
}

/** The certificates on a host, and when they were read by the worker's clock (ISO 8601). */
interface CertificatesSeen {
  readonly at: string
  readonly found: readonly CertificateFacts[]
}

/** A host of the cluster file and what was observed of it. */
export interface ObservedHost {
  readonly host: Host
  readonly facts: HostFacts
}

/** Files and folders whose presence tells how far a host has come. */
export const OBSERVED_PATHS = [
  HOST_PATHS.kubeletConf,
  HOST_PATHS.adminConf,
  HOST_PATHS.caCertificate,
  HOST_PATHS.caKey,
  HOST_PATHS.apiServerManifest,
  HOST_PATHS.etcdManifest,
  HOST_PATHS.etcdCaKey,
  HOST_PATHS.etcdCaCertificate,
  HOST_PATHS.etcdClientKey,
  HOST_PATHS.kubeletCertificate,
  ETCD_KUBELET_UNIT,
  HOST_PATHS.etcdMember,
  HOST_PATHS.initialised,
] as const

/** Packages that the facts script asks for. */
export const OBSERVED_PACKAGES = [
  'kubeadm',
  'kubelet',
  'kubectl',
  'containerd',
  'containerd.io',
  'haproxy',
  'keepalived',
  'curl',
  'cri-tools',
  'kubernetes-cni',
  'containernetworking-plugins',
  'conntrack',
  'conntrack-tools',
  'iproute',
  'iproute2',
  'iptables',
  'mount',
  'procps',
  'procps-ng',
] as const

/** The worker's clock before and after the query, in milliseconds since the epoch. */
export interface AskedAt {
  readonly before: number
  readonly after: number
}

/**
 * Reads the facts script's answer: lines of `key<TAB>value`, where keys may repeat. After a line `certificate`, the
 * rest is the cluster CA as PEM, which `hashCertificate` turns into {@link HostFacts.caHash}.
 * @throws QuorateError `FACTS_UNREADABLE` if an answer is missing or makes no sense, `PROGRAM_UNFIT`.
 */
export function parseFacts(
  host: string,
  answer: string,
  asked: AskedAt,
  hashCertificate: (pem: string) => string | undefined,
): HostFacts {
  const [head = '', certificate] = answer.split(/^certificate\n/m)
  const values = answersIn(head)
  const readings = new FactReadings(host, values)
  readings.expectFitPrograms()
  const one = (key: string): string => values.get(key)?.[0] ?? ''
  const clock = readings.clock()
  const details = parseDetails(values)
  // A certificate that was cut off by a crash says nothing about a cluster.
  const caHash =
    certificate?.includes('BEGIN CERTIFICATE') === true ? hashCertificate(certificate) : undefined
  return {
    host,
    machineId: one('machineId'),
    hostname: readings.word('hostname'),
    architecture: readings.word('architecture'),
    osId: one('osId'),
    osLike: one('osLike'),
    osName: one('osName'),
    initSystem: readings.word('initSystem'),
    cpus: readings.number('cpus'),
    memoryMiB: Math.round(readings.number('memoryKiB') / 1024),
    cgroupVersion: readings.number('cgroup') === 2 ? 2 : 1,
    swapOn: readings.number('swaps') > 0,
    freeMiB: Math.round(readings.number('freeKiB') / 1024),
    clockOffsetMs: Math.round(clock.ms - (asked.before + asked.after) / 2),
    clockUncertaintyMs: Math.ceil((asked.after - asked.before) / 2 + clock.uncertaintyMs),
    packages: Object.fromEntries(
      (values.get('package') ?? []).map((entry) => entry.split(' ')).filter((entry) => entry.length === 2),
    ) as Record<string, string>,
    listeners: (values.get('listener') ?? []).map(parseListener),
    paths: values.get('path') ?? [],
    ...defined({ caHash }),
    ...parseAllegiance(one),
    configuration: parseConfiguration(values),
    ...defined({ details }),
  }
}

/** What the host belongs to: a cluster, its API, its etcd, an operation that holds it. */
function parseAllegiance(
  one: (key: string) => string,
): Pick<HostFacts, 'apiServer' | 'claimedBy' | 'isHeld' | 'etcdServers' | 'apiServerPod'> {
  const apiServer = one('apiServer').replace(/^https:\/\//, '')
  const claimedBy = one('claimedBy')
  const etcdServers = one('etcdServers')
  const pod = parseApiServerPod(one('apiServerPort'), one('apiServerImage'))
  return {
    ...(apiServer === '' ? {} : { apiServer }),
    ...(claimedBy === '' ? {} : { claimedBy }),
    ...(one('held') === '' ? {} : { isHeld: true }),
    ...(etcdServers === '' ? {} : { etcdServers: etcdServers.split(',') }),
    ...defined({ apiServerPod: pod }),
  }
}

/**
 * Reads `6443`, and `registry.k8s.io/kube-apiserver:v1.36.3`, possibly with a digest. Undefined if neither is there.
 */
function parseApiServerPod(port: string, image: string): ApiServerPod | undefined {
  const imageRepository = /^(\S+)\/kube-apiserver[:@]/.exec(image)?.[1]
  const isPort = /^\d{1,5}$/.test(port)
  if (!isPort && imageRepository === undefined) return undefined
  return {
    ...(isPort ? { port: Number(port) } : {}),
    ...defined({ imageRepository }),
  }
}

/** A line of `ss -Hltnp`: `LISTEN 0 4096 *:6443 *:* users:(("haproxy",pid=1,fd=7))`. */
function parseListener(line: string): Listener {
  const local = line.split(/\s+/)[3] ?? ''
  const colon = local.lastIndexOf(':')
  const program = /users:\(\("([^"]+)"/.exec(line)?.[1] ?? ''
  return { port: Number(local.slice(colon + 1)), address: local.slice(0, colon), program }
}

/** Whether the path was there when the facts were taken. */
export function hasPath(facts: HostFacts, path: (typeof OBSERVED_PATHS)[number]): boolean {
  return facts.paths.includes(path)
}
