/** What the steps of a removal ask of activities. Most run on a control plane that stays: a dead host is not needed. */
import {
  etcdPlace,
  hostsWithRole,
  narrow,
  type Bystander,
  type Cluster,
  type Host,
} from '../../cluster/model.js'
import { balancerHosts } from '../../cluster/balancer-hosts.js'
import type { RemoveRequest } from '../../operations/input.js'
import type { PhaseDefinition } from '../../operations/phase.js'
import type { LeavingHost } from '../../planning/remove/leaving.js'
import type { RemovalPlan, StayingHosts } from '../../planning/remove/plan.js'
import { activities } from '../run/activity-policies.js'
import type { Run } from '../run/run.js'
import { directBalancer } from '../run/direct-balancers.js'

/** The phases in which hosts leave, whatever the operation that has them. */
export type LeavingPhase =
  'drain' | 'load-balancer-backends' | 'etcd-members' | 'etcd-endpoints' | 'reset' | 'nodes' | 'claims'

/** What the phases of one removal share. */
export interface Removing {
  readonly run: Run<LeavingPhase>
  readonly request: Pick<RemoveRequest, 'drain'>
  /** Those of the operation, with its rules. */
  readonly phases: Readonly<Record<LeavingPhase, PhaseDefinition>>
  readonly plan: RemovalPlan
  readonly staying: StayingHosts
}

export function drainNode(
  { staying: { cluster, apiHost }, request }: Removing,
  { host, isDead }: LeavingHost,
) {
  return activities('drain', `${host.name}: drain`).drainNode(
    narrow(cluster, apiHost),
    host,
    apiHost,
    request.drain,
    isDead,
  )
}

/** Takes back what was done to the node of a host that stays after all. */
export function keepNode({ staying: { cluster, apiHost } }: Removing, host: Host) {
  return activities('kubeadm', `${host.name}: uncordon`).keepNode(narrow(cluster, apiHost), host, apiHost)
}

export function stopBalancing({ staying: { cluster } }: Removing, host: Host) {
  return activities('kubeadm', `${host.name}: hand the address over`).stopBalancing(
    narrow(cluster, host),
    host,
  )
}

/** Makes a balancer forward requests to these control planes, and share the address with those that stay. */
export function configureLoadBalancer(
  { staying: { cluster } }: Removing,
  balancer: Host,
  backends: readonly Host[],
) {
  return directBalancer(cluster, balancerHosts(cluster), balancer, backends)
}

export function removeMember({ staying }: Removing, host: Host) {
  const { cluster, apiHost, keeper } = staying
  return activities('kubeadm', `${host.name}: leave etcd`).removeMember(
    narrow(cluster, apiHost, ...ownEtcd(cluster)),
    host,
    apiHost,
    ...(keeper === undefined || host.role !== 'etcd' ? [] : [keeper]),
  )
}

export function setEtcdEndpoints({ staying: { cluster } }: Removing, host: Host) {
  return activities('kubeadm', `${host.name}: etcd endpoints of its API server`).setEtcdEndpoints(
    narrow(cluster, ...new Set([host, ...ownEtcd(cluster)])),
    host,
  )
}

export function resetHost({ staying: { cluster } }: Removing, host: Host) {
  return activities('kubeadm', `${host.name}: reset`).resetHost(narrow(cluster, host), host)
}

export function deleteNode({ staying: { cluster, apiHost } }: Removing, { host, isDead }: LeavingHost) {
  return activities('kubeadm', `${host.name}: delete its node`).deleteNode(
    narrow(cluster, apiHost),
    host,
    apiHost,
    isDead,
  )
}

export function releaseClaim({ staying: { cluster } }: Removing, host: Host) {
  return activities('kubeadm', `${host.name}: give back`).releaseClaim(narrow(cluster, host), host)
}

/** Hosts that were to leave and stay by decision are still in the cluster. */
export function verifyCluster({ run, plan, staying: { cluster, apiHost } }: Removing) {
  const staying = plan.leaving.filter(({ host }) => run.isLeftOut(host)).map(({ host }) => host)
  const gone = plan.leaving.filter(({ host }) => !run.isLeftOut(host)).map(({ host }) => host.name)
  const others = staying.map(({ name, role, internalAddress }): Bystander => {
    return { name, role, internalAddress, why: 'away' }
  })
  const taking = cluster.hosts.filter((host) => !run.isLeftOut(host))
  const bystanders = [...(cluster.bystanders ?? []), ...others]
  return activities('kubeadm', `${apiHost.name}: verify the cluster`).verifyCluster(
    { ...narrow(cluster, ...taking), ...(bystanders.length === 0 ? {} : { bystanders }) },
    apiHost,
    gone,
  )
}

function ownEtcd(cluster: Cluster): readonly Host[] {
  return etcdPlace(cluster) === 'etcd-hosts' ? hostsWithRole(cluster, 'etcd') : []
}
