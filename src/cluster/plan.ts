/** From the cluster file and the facts of all hosts to what an apply does, in which order, on which host. */
import type { ErrorReport } from '../errors/index.js'
import { apiServerBindPort } from './api-server.js'
import { hasPath, type HostFacts, type ObservedHost } from './facts.js'
import { firstControlPlane } from './first-control-plane.js'
import { formatEndpoint, hostsWithRole, type Cluster, type Host } from './model.js'
import type { PlannedChange } from './operation.js'
import { preflightProblems, preflightWarnings } from './preflight.js'

/** The hosts of each phase of an apply, and what is in its way. */
export interface ApplyPlan {
  /** All hosts that become nodes: they get containerd, kubeadm, kubelet and kubectl. */
  readonly nodes: readonly Host[]
  /** Hosts that run our HAProxy. */
  readonly loadBalancers: readonly Host[]
  /** The control plane that `kubeadm init` runs on. */
  readonly first: Host
  /** Control planes whose API server runs already, and the first: what the balancer may send requests to. */
  readonly serving: readonly Host[]
  /** The other control planes, in the order in which they join. */
  readonly joiningControlPlanes: readonly Host[]
  readonly workers: readonly Host[]
  readonly problems: readonly ErrorReport[]
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
  const controlPlanes = hostsWithRole(cluster, 'control-plane')
  const workers = hostsWithRole(cluster, 'worker')
  return {
    nodes: [...controlPlanes, ...workers],
    loadBalancers: cluster.loadBalancer.type === 'haproxy' ? hostsWithRole(cluster, 'load-balancer') : [],
    first,
    serving: controlPlanes.filter(
      (host) => host.name === first.name || runsApiServer(cluster, byName.get(host.name)),
    ),
    joiningControlPlanes: controlPlanes.filter((host) => host.name !== first.name),
    workers,
    problems: preflightProblems(cluster, observed),
    warnings: preflightWarnings(observed),
    changes: observed.flatMap((entry) => plannedChanges(cluster, entry, first)),
  }
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
  if (host.role === 'load-balancer') {
    if (facts.packages.haproxy !== undefined) return []
    const endpoint = formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)
    return [change('Load balancer', `install haproxy, serve ${endpoint}`)]
  }
  const changes: PlannedChange[] = []
  const version = cluster.kubernetes.version.replace(/^v/, '')
  const missing = ['containerd', 'kubeadm', 'kubelet', 'kubectl'].filter(
    (name) => !hasPackage(facts, name, name === 'containerd' ? '' : version),
  )
  if (missing.length > 0) {
    const verb = cluster.packages.install ? 'install' : 'missing, to be installed by hand:'
    changes.push(change('Prepare hosts', `${verb} ${missing.join(', ')} for ${cluster.kubernetes.version}`))
  }
  if (!hasPath(facts, '/etc/kubernetes/kubelet.conf')) {
    if (host.role === 'worker') changes.push(change('Workers', 'kubeadm join'))
    else if (host.name === first.name) changes.push(change('First control plane', 'kubeadm init'))
    else changes.push(change('Control planes', 'kubeadm join as control plane, with an etcd member'))
  }
  return changes
}

/** Packages of Kubernetes carry a revision (`1.36.3-1.1`); containerd may come from Docker's repository. */
function hasPackage(facts: HostFacts, name: string, version: string): boolean {
  const installed =
    facts.packages[name] ?? (name === 'containerd' ? facts.packages['containerd.io'] : undefined)
  return (
    installed !== undefined &&
    (version === '' || installed.startsWith(`${version}-`) || installed === version)
  )
}
