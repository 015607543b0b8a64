/**
 * What must be true of the hosts before anything is changed: reads the facts of all of them and names every
 * problem of every host at once.
 */
import { QuorateError, type ErrorReport } from '../errors/index.js'
import { hasPath, type HostFacts, type ObservedHost } from './facts.js'
import { firstControlPlane } from './first-control-plane.js'
import { requiredPorts } from './host-prerequisites.js'
import { formatEndpoint, type Cluster, type Host, type HostRole } from './model.js'

/** Two clocks may differ by this much; beyond it certificates and tokens are refused. */
const MAX_CLOCK_SKEW_MS = 30_000

/** Free space that a role needs on `/var/lib`, in MiB: images, etcd's data, logs. */
const FREE_SPACE_MIB: Record<HostRole, number> = {
  'control-plane': 4096,
  worker: 3072,
  etcd: 2048,
  'load-balancer': 256,
}

/** Everything that stops an apply before it changes anything. */
export function preflightProblems(cluster: Cluster, observed: readonly ObservedHost[]): ErrorReport[] {
  return [
    ...observed.flatMap((entry) => hostProblems(cluster, entry)),
    ...sameMachineProblems(observed),
    ...clockProblems(observed),
    ...foreignClusterProblems(cluster, observed),
  ].map((error) => error.report())
}

/** What the operator should know, though it stops nothing. */
export function preflightWarnings(observed: readonly ObservedHost[]): string[] {
  return observed.flatMap(({ host, facts }) => {
    const warnings: string[] = []
    if (host.role === 'control-plane' && facts.cpus < 2)
      warnings.push(`${host.name}: kubeadm wants 2 CPUs, has ${facts.cpus}`)
    if (host.role !== 'load-balancer' && facts.memoryMiB < 1700) {
      warnings.push(`${host.name}: kubeadm wants 1700 MiB of memory, has ${facts.memoryMiB}`)
    }
    return warnings
  })
}

function hostProblems(cluster: Cluster, { host, facts }: ObservedHost): QuorateError[] {
  const problems: QuorateError[] = []
  if (facts.initSystem !== 'systemd') {
    const message = `process 1 is ${facts.initSystem || 'unknown'}, not systemd`
    problems.push(new QuorateError('SYSTEMD_MISSING', message, { host: host.name }))
  }
  const family = `${facts.osId} ${facts.osLike}`
  if (cluster.packages.install && !/\b(debian|ubuntu)\b/.test(family)) {
    const message = `packages can not be installed on ${facts.osName || 'an unknown system'}`
    problems.push(new QuorateError('OPERATING_SYSTEM_UNSUPPORTED', message, { host: host.name }))
  }
  const needed = FREE_SPACE_MIB[host.role]
  if (facts.freeMiB < needed && !isMember(facts)) {
    const message = `/var/lib has ${facts.freeMiB} MiB free, ${needed} MiB are needed`
    problems.push(new QuorateError('DISK_FULL', message, { host: host.name }))
  }
  return [...problems, ...portProblems(cluster, host, facts)]
}

function portProblems(cluster: Cluster, host: Host, facts: HostFacts): QuorateError[] {
  if (isMember(facts)) return []
  const own = host.role === 'load-balancer' ? 'haproxy' : undefined
  const wanted = requiredPorts(cluster, host)
    .filter(({ protocol }) => protocol === 'tcp')
    .map(({ port }) => port)
  return facts.listeners
    .filter((listener) => wanted.includes(listener.port))
    .filter((listener) => own === undefined || listener.program !== own)
    .filter((listener) => !ownUnderway(facts, listener.program))
    .map(({ port, program }) => {
      const holder = program === '' ? 'another program' : program
      return new QuorateError('PORT_BUSY', `port ${port} is in use by ${holder}`, { host: host.name })
    })
}

/** Components that an earlier, unfinished run of ours has started; the steps themselves deal with them. */
function ownUnderway(facts: HostFacts, program: string): boolean {
  if (facts.claimedBy === undefined) return false
  return /^(kubelet|etcd|kube-apiserver|kube-controller|kube-scheduler)/.test(program)
}

function isMember(facts: HostFacts): boolean {
  return hasPath(facts, '/etc/kubernetes/kubelet.conf')
}

function sameMachineProblems(observed: readonly ObservedHost[]): QuorateError[] {
  return observed.flatMap(({ host, facts }, index) => {
    const twin = observed.slice(0, index).find((other) => other.facts.machineId === facts.machineId)
    if (twin === undefined || facts.machineId === '') return []
    const message = `same machine as ${twin.host.name} (machine-id ${facts.machineId})`
    return [new QuorateError('SAME_MACHINE_TWICE', message, { host: host.name })]
  })
}

/** Compares each clock with the median, so that one wrong clock is named and not all others. */
function clockProblems(observed: readonly ObservedHost[]): QuorateError[] {
  const offsets = observed.map(({ facts }) => facts.clockOffsetMs).sort((a, b) => a - b)
  const median = offsets[Math.floor(offsets.length / 2)] ?? 0
  return observed.flatMap(({ host, facts }) => {
    const skew = facts.clockOffsetMs - median
    if (Math.abs(skew) - facts.clockUncertaintyMs <= MAX_CLOCK_SKEW_MS) return []
    const seconds = Math.round(Math.abs(skew) / 1000)
    const message = `the clock is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} the other hosts`
    return [new QuorateError('CLOCK_SKEW', message, { host: host.name })]
  })
}

/** The identity guard: claimed by another name, talking to another endpoint, or holding another CA. */
function foreignClusterProblems(cluster: Cluster, observed: readonly ObservedHost[]): QuorateError[] {
  const first = firstControlPlane(cluster, observed)
  const ourHash = observed.find(({ host }) => host.name === first.name)?.facts.caHash
  const endpoint = formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)
  return observed.flatMap(({ host, facts }) => {
    const error = (message: string) => [new QuorateError('FOREIGN_CLUSTER', message, { host: host.name })]
    if (facts.claimedBy !== undefined && facts.claimedBy !== cluster.name) {
      return error(`the host is claimed by the cluster ${facts.claimedBy}`)
    }
    if (facts.claimedBy === undefined && facts.apiServer !== undefined && facts.apiServer !== endpoint) {
      return error(`the host belongs to the cluster at ${facts.apiServer}`)
    }
    if (facts.caHash !== undefined && ourHash !== undefined && facts.caHash !== ourHash) {
      return error(`the host has another cluster CA (${facts.caHash.slice(0, 23)}…) than ${first.name}`)
    }
    return []
  })
}
