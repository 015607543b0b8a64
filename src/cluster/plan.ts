/** From the cluster file and the facts of all hosts to what an apply does, in which order, on which host. */
import type { ErrorReport } from '../errors/index.js'
import { apiServerBindPort } from './api-server.js'
import { plannedChanges } from './changes/planned-changes.js'
import { hasPath, type HostFacts, type ObservedHost } from './facts.js'
import { firstControlPlane } from './first-control-plane.js'
import { balancerHosts } from './load-balancer/hosts.js'
import { etcdPlace, hostsWithRole, type Cluster, type Host } from './model.js'
import type { PlannedChange } from './operation.js'
import { preflight } from './preflight/checks.js'
import type { PreflightFinding } from './preflight/finding.js'

/** The hosts of each phase of an apply, and what is in its way. */
export interface ApplyPlan {
  /** With external etcd the hosts of its members, unless somebody else runs it. */
  readonly etcd: readonly Host[]
  /** The etcd host with the key of etcd's CA, or that will make it; undefined without etcd hosts. */
  readonly etcdAuthority: Host | undefined
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
  const serving = controlPlanes.filter(
    (host) => host.name === first.name || runsApiServer(cluster, byName.get(host.name)),
  )
  return {
    etcd,
    etcdAuthority: etcd.find((host) => holdsEtcdKey(byName.get(host.name))) ?? etcd[0],
    nodes: [...controlPlanes, ...workers],
    loadBalancers: balancerHosts(cluster),
    first,
    serving,
    joiningControlPlanes: controlPlanes.filter((host) => host.name !== first.name),
    workers,
    findings,
    problems: findings.filter(({ severity }) => severity === 'error'),
    warnings: findings.filter(({ severity }) => severity === 'warning').map(inOneLine),
    changes: plannedChanges(cluster, observed, { first, serving }),
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
