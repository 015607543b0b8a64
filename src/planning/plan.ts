/** Plans an apply from the cluster file and the facts of all hosts: what it does, in which order, on which host. */
import type { ErrorReport } from '../errors/index.js'
import { apiServerBindPort } from '../configuration/kubeadm/api-server.js'
import { asInFile, planReconfiguration, type Reconfiguration } from './reconfigure/plan.js'
import { planEncryption, type EncryptionChange } from './encryption/plan.js'
import { plannedChanges } from './changes/planned-changes.js'
import { staleEndpoints } from './etcd-endpoints.js'
import { etcdRenewals, issuerOf } from '../facts/etcd-renewal.js'
import { hasPath, type HostFacts, type ObservedHost } from '../facts/facts.js'
import { firstControlPlane, isInitialised } from '../facts/first-control-plane.js'
import { balancerHosts } from '../cluster/balancer-hosts.js'
import { etcdPlace, hostsWithRole, type Cluster, type Host } from '../cluster/model.js'
import type { PlannedChange } from '../operations/results.js'
import { preflight } from '../preflight/checks.js'
import type { PreflightFinding } from '../preflight/finding.js'
import { unansweredFindings } from './drift/away.js'
import { compareWithCluster } from './drift/drift.js'
import { asRunning } from './drift/running.js'
import type { ClusterPresence } from '../facts/standing.js'
import { defined } from '../values/defined.js'
import { HOST_PATHS } from '../cluster/host-paths.js'

/** The hosts of each phase of an apply, and what prevents it. */
export interface ApplyPlan {
  /** The cluster that the phases work on: as it runs where that is fixed, otherwise as the file wants it. */
  readonly cluster: Cluster
  /** With external etcd the hosts of its members, unless somebody else runs it. */
  readonly etcd: readonly Host[]
  /** The etcd host that has the key of etcd's CA or will make it; undefined without etcd hosts. */
  readonly etcdAuthority: Host | undefined
  /** Hosts whose etcd certificates expire soon: first etcd hosts, then control planes. */
  readonly renewals: readonly Host[]
  /** Control planes whose API server uses etcd endpoints other than those in the file. */
  readonly staleEndpoints: readonly Host[]
  /** All hosts that become nodes. Like etcd hosts, they get containerd, kubeadm, kubelet and kubectl. */
  readonly nodes: readonly Host[]
  /** Hosts that run our HAProxy; control planes may be among them. */
  readonly loadBalancers: readonly Host[]
  /** The control plane that `kubeadm init` runs on, or ran on. */
  readonly initHost: Host
  /** Whether the hosts or the cluster itself show that it was initialised before. */
  readonly isInitialised: boolean
  /** The control plane that is asked about the cluster and told what it should be: by joins, their undoing, checks. */
  readonly apiHost: Host
  /**
   * Every control plane that balancers may ever send requests to, in the order in which their configuration lists them.
   */
  readonly backends: readonly Host[]
  /** The backends that balancers may send requests to now: those whose API server already runs, and the first. */
  readonly serving: readonly Host[]
  /** The other control planes, in the order in which they join. */
  readonly joiningControlPlanes: readonly Host[]
  readonly workers: readonly Host[]
  /** What changes of the configuration of the running cluster; undefined if nothing does. */
  readonly reconfiguration?: Reconfiguration
  /** What changes of encryption at rest in the running cluster; undefined if nothing does. */
  readonly encryption?: EncryptionChange
  /** Names of the control planes whose etcd has data already. */
  readonly members: readonly string[]
  /** Whether each control plane runs an etcd member. */
  readonly stacked: boolean
  /** Everything that preflight found. */
  readonly findings: readonly PreflightFinding[]
  /** The findings that stop an apply. */
  readonly problems: readonly ErrorReport[]
  /** The findings that only warn, one line each. */
  readonly warnings: readonly string[]
  /** Whether the file was compared with the running cluster, or there is none. */
  readonly isCompared: boolean
  /** What is expected to change, as far as the facts show. */
  readonly changes: readonly PlannedChange[]
}

/** What is known besides the facts before an apply is planned. */
export interface Learnt {
  /** The running cluster, if there is one. */
  readonly presence: ClusterPresence
  /** The errors of the hosts that did not answer. */
  readonly unanswered: readonly ErrorReport[]
  /** The channel that the file names instead of a version. */
  readonly channel?: string
}

/** A first look at bare hosts, all of which answered. */
const NOTHING_LEARNT: Learnt = { presence: { kind: 'absent' }, unanswered: [] }

/** Plans an apply. Pure: the same facts give the same plan. */
export function planApply(
  file: Cluster,
  facts: readonly HostFacts[],
  { presence, unanswered, channel }: Learnt = NOTHING_LEARNT,
): ApplyPlan {
  const byName = new Map(facts.map((one) => [one.host, one]))
  const known = observedHosts(file, facts)
  const cluster = asRunning(file, known, presence)
  const observed = observedHosts(cluster, facts)
  const first = firstControlPlane(cluster, observed)
  const findings = [
    ...unansweredFindings(file, unanswered, presence, known),
    ...compareWithCluster(file, known, presence, channel),
    ...preflight(cluster, observed),
  ]
  const controlPlanes = hostsWithRole(cluster, 'control-plane')
  const workers = hostsWithRole(cluster, 'worker')
  const etcd = etcdPlace(cluster) === 'etcd-hosts' ? hostsWithRole(cluster, 'etcd') : []
  const present = new Map(cluster.hosts.map((host) => [host.name, host]))
  const backends = [
    ...hostsWithRole(file, 'control-plane').map((host) => present.get(host.name) ?? host),
    ...unlistedControlPlanes(cluster, first),
  ]
  const isBystander = ({ name }: Host) => cluster.bystanders?.some((one) => one.name === name) === true
  const serving = backends.filter(
    (host) => host.name === first.name || isBystander(host) || runsApiServer(cluster, byName.get(host.name)),
  )
  const isStacked = etcdPlace(cluster) === 'control-planes'
  const etcdAuthority = etcd.length === 0 ? undefined : (issuerOf(observed)?.host ?? etcd[0])
  const reconfiguration =
    presence.kind === 'read'
      ? planReconfiguration(asInFile(cluster, file), presence.standing, first)
      : undefined
  const encryption = presence.kind === 'read' ? planEncryption(cluster, presence.standing, first) : undefined
  return {
    ...defined({ reconfiguration, encryption }),
    cluster,
    etcd,
    etcdAuthority,
    renewals: etcdRenewals(cluster, observed).map(({ host }) => host),
    staleEndpoints: staleEndpoints(cluster, observed),
    nodes: [...controlPlanes, ...workers],
    loadBalancers: balancerHosts(cluster),
    initHost: first,
    isInitialised: isInitialised(cluster, observed, presence),
    apiHost: first,
    backends,
    serving,
    joiningControlPlanes: controlPlanes.filter((host) => host.name !== first.name),
    workers,
    members: isStacked
      ? controlPlanes.filter((host) => hasEtcdData(byName.get(host.name))).map(({ name }) => name)
      : [],
    stacked: isStacked,
    findings,
    problems: errorsOf(findings),
    warnings: findings.filter(({ severity }) => severity === 'warning').map(inOneLine),
    isCompared: presence.kind !== 'unreadable',
    changes: plannedChanges(cluster, observed, {
      first,
      serving,
      ...(presence.kind === 'read' ? { standing: presence.standing } : {}),
      ...defined({ reconfiguration, encryption }),
    }),
  }
}

/** The hosts of the cluster that answered, with their facts. */
export function observedHosts(cluster: Cluster, facts: readonly HostFacts[]): readonly ObservedHost[] {
  const byName = new Map(facts.map((one) => [one.host, one]))
  return cluster.hosts.flatMap((host): ObservedHost[] => {
    const told = byName.get(host.name)
    return told === undefined ? [] : [{ host, facts: told }]
  })
}

/** Control planes of the cluster that are not in the file: they serve until they are removed from the cluster. */
function unlistedControlPlanes({ bystanders = [] }: Cluster, { ssh }: Host): readonly Host[] {
  return bystanders
    .filter(({ role, why, internalAddress }) => {
      return role === 'control-plane' && why === 'not-in-file' && internalAddress !== ''
    })
    .map(({ name, role, internalAddress }) => {
      return { name, role, address: internalAddress, internalAddress, ssh, labels: {} }
    })
}

function errorsOf(findings: readonly PreflightFinding[]): readonly PreflightFinding[] {
  return findings.filter(({ severity }) => severity === 'error')
}

function hasEtcdData(facts: HostFacts | undefined): boolean {
  return facts !== undefined && hasPath(facts, HOST_PATHS.etcdMember)
}

function inOneLine({ host, message }: PreflightFinding): string {
  return host === undefined ? message : `${host}: ${message}`
}

function runsApiServer(cluster: Cluster, facts: HostFacts | undefined): boolean {
  const port = apiServerBindPort(cluster)
  return (
    facts?.listeners.some((listener) => listener.port === port && listener.program === 'kube-apiserver') ??
    false
  )
}
