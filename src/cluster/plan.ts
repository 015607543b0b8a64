/** From the cluster file and the facts of all hosts to what an apply does, in which order, on which host. */
import type { ErrorReport } from '../errors/index.js'
import { apiServerBindPort } from './api-server.js'
import { staleEndpoints } from './etcd/endpoints.js'
import { CLIENT_CERTIFICATE, etcdRenewals, isDueOn } from './etcd/renewal.js'
import { hasPath, type HostFacts, type ObservedHost } from './facts.js'
import { firstControlPlane } from './first-control-plane.js'
import { balancerHosts, balancerPackages, runsBalancer, virtualAddressOf } from './load-balancer/hosts.js'
import { etcdPlace, formatEndpoint, hostsWithRole, type Cluster, type Host } from './model.js'
import type { PlannedChange } from './operation.js'
import { preflight } from './preflight/checks.js'
import type { PreflightFinding } from './preflight/finding.js'
import { hasVersion } from './preflight/prepared.js'
import { CONTAINER_RUNTIME_ALTERNATIVES, CONTAINER_RUNTIME_PACKAGE, KUBERNETES_PACKAGES } from './packages.js'

/** The hosts of each phase of an apply, and what is in its way. */
export interface ApplyPlan {
  /** With external etcd the hosts of its members, unless somebody else runs it. */
  readonly etcd: readonly Host[]
  /** The etcd host with the key of etcd's CA, or that will make it; undefined without etcd hosts. */
  readonly etcdAuthority: Host | undefined
  /** Etcd hosts, and after them control planes, whose certificates for etcd expire soon. */
  readonly renewals: readonly Host[]
  /** Control planes whose API server asks other etcd endpoints than the file names. */
  readonly staleEndpoints: readonly Host[]
  /** All hosts that become nodes: they get containerd, kubeadm, kubelet and kubectl, as etcd hosts do. */
  readonly nodes: readonly Host[]
  /** Hosts that run our HAProxy; control planes may be among them. */
  readonly loadBalancers: readonly Host[]
  /** The control plane that `kubeadm init` runs on. */
  readonly first: Host
  /** Control planes whose API server runs already, and the first: what the balancer may send requests to. */
  readonly serving: readonly Host[]
  /** The other control planes, in the order in which they join. */
  readonly joiningControlPlanes: readonly Host[]
  readonly workers: readonly Host[]
  /** Everything that preflight has to say. */
  readonly findings: readonly PreflightFinding[]
  /** Of the findings, those that stop an apply. */
  readonly problems: readonly ErrorReport[]
  /** Of the findings, those that do not, in a line each. */
  readonly warnings: readonly string[]
  /** What is expected to change, as far as the facts tell. */
  readonly changes: readonly PlannedChange[]
}

/** Plans an apply. Pure: the same facts give the same plan. */
export function planApply(cluster: Cluster, facts: readonly HostFacts[]): ApplyPlan {
  const byName = new Map(facts.map((one) => [one.host, one]))
  const observed = cluster.hosts.flatMap((host): ObservedHost[] => {
    const known = byName.get(host.name)
    return known === undefined ? [] : [{ host, facts: known }]
  })
  const first = firstControlPlane(cluster, observed)
  const findings = preflight(cluster, observed)
  const controlPlanes = hostsWithRole(cluster, 'control-plane')
  const workers = hostsWithRole(cluster, 'worker')
  const etcd = etcdPlace(cluster) === 'etcd-hosts' ? hostsWithRole(cluster, 'etcd') : []
  const etcdAuthority = etcd.find((host) => holdsEtcdKey(byName.get(host.name))) ?? etcd[0]
  return {
    etcd,
    etcdAuthority,
    renewals: etcdRenewals(cluster, observed).map(({ host }) => host),
    staleEndpoints: staleEndpoints(cluster, observed),
    nodes: [...controlPlanes, ...workers],
    loadBalancers: balancerHosts(cluster),
    first,
    serving: controlPlanes.filter(
      (host) => host.name === first.name || runsApiServer(cluster, byName.get(host.name)),
    ),
    joiningControlPlanes: controlPlanes.filter((host) => host.name !== first.name),
    workers,
    findings,
    problems: findings.filter(({ severity }) => severity === 'error'),
    warnings: findings.filter(({ severity }) => severity === 'warning').map(inOneLine),
    changes: [
      ...observed.flatMap((entry) => plannedChanges(cluster, entry, first)),
      ...etcdChanges(cluster, observed, etcdAuthority),
    ],
  }
}

function holdsEtcdKey(facts: HostFacts | undefined): boolean {
  return facts !== undefined && hasPath(facts, '/etc/kubernetes/pki/etcd/ca.key')
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

function plannedChanges(cluster: Cluster, { host, facts }: ObservedHost, first: Host): PlannedChange[] {
  const change = (phase: string, action: string): PlannedChange => ({ host: host.name, phase, action })
  const changes: PlannedChange[] = runsBalancer(cluster, host)
    ? balancerChanges(cluster, { host, facts })
    : []
  if (host.role === 'load-balancer') return changes
  const missing = cluster.packages.install ? missingPackages(cluster, facts) : []
  if (missing.length > 0) {
    changes.push(change('Prepare hosts', `install ${missing.join(', ')} for ${cluster.kubernetes.version}`))
  }
  if (facts.swapOn && cluster.kubernetes.kubeadm.kubeletConfiguration['failSwapOn'] !== false) {
    changes.push(change('Prepare hosts', 'turn swap off, now and in /etc/fstab'))
  }
  if (host.role === 'etcd') {
    if (!hasPath(facts, '/var/lib/etcd/member')) changes.push(change('etcd', 'start an etcd member'))
  } else if (!hasPath(facts, '/etc/kubernetes/kubelet.conf')) {
    if (host.role === 'worker') changes.push(change('Workers', 'kubeadm join'))
    else if (host.name === first.name) changes.push(change('First control plane', 'kubeadm init'))
    else changes.push(change('Control planes', joinAction(cluster)))
  }
  return changes
}

/** What external etcd needs on hosts that run already. */
function etcdChanges(
  cluster: Cluster,
  observed: readonly ObservedHost[],
  authority: Host | undefined,
): readonly PlannedChange[] {
  const renewals = etcdRenewals(cluster, observed)
  const issuers = observed.filter(
    (entry) =>
      entry.host.name === authority?.name &&
      holdsEtcdKey(entry.facts) &&
      isDueOn(cluster, entry, CLIENT_CERTIFICATE),
  )
  const endpoints = cluster.etcd.topology === 'external' ? cluster.etcd.endpoints.join(', ') : ''
  return [
    ...issuers.map(({ host }) => ({
      host: host.name,
      phase: 'etcd certificates',
      action: `renew ${CLIENT_CERTIFICATE}`,
    })),
    ...renewals.map(({ host, certificates }) => ({
      host: host.name,
      phase: 'Renew certificates',
      action: `renew ${certificates.join(', ')}`,
    })),
    ...staleEndpoints(cluster, observed).map((host) => ({
      host: host.name,
      phase: 'etcd endpoints',
      action: `restart the API server with the etcd endpoints ${endpoints}`,
    })),
  ]
}

function balancerChanges(cluster: Cluster, { host, facts }: ObservedHost): PlannedChange[] {
  const missing = balancerPackages(cluster).filter((name) => facts.packages[name] === undefined)
  if (missing.length === 0) return []
  const virtualAddress = virtualAddressOf(cluster)
  const shared = virtualAddress === undefined ? '' : `, share ${virtualAddress.address}`
  const endpoint = formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)
  const action = `install ${missing.join(', ')}, serve ${endpoint}${shared}`
  return [{ host: host.name, phase: 'Load balancer', action }]
}

function joinAction(cluster: Cluster): string {
  const join = 'kubeadm join as control plane'
  return etcdPlace(cluster) === 'control-planes' ? `${join}, with an etcd member` : join
}

/** containerd may come from Docker's repository, under another name. */
function missingPackages(cluster: Cluster, facts: HostFacts): readonly string[] {
  const { version } = cluster.kubernetes
  const runtime = [CONTAINER_RUNTIME_PACKAGE, ...CONTAINER_RUNTIME_ALTERNATIVES]
  return [
    ...(runtime.some((name) => facts.packages[name] !== undefined) ? [] : [CONTAINER_RUNTIME_PACKAGE]),
    ...KUBERNETES_PACKAGES.filter((name) => !hasVersion(facts.packages[name], version)),
  ]
}
