/** What the steps of an upgrade ask of activities: each with the cluster in the version that it goes to. */
import { etcdHosts, hostsWithRole, narrow, type Cluster, type Host } from '../../cluster/model.js'
import { DRAIN_DEFAULTS } from '../../operations/drain.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { UpgradePhase } from '../../operations/upgrade-phases.js'
import { workersAtOnce, type UpgradeRequest } from '../../operations/upgrade-request.js'
import type { Hop } from '../../planning/upgrade/hop.js'
import type { UpgradePlan } from '../../planning/upgrade/plan.js'
import { activities } from '../run/activity-policies.js'
import type { Run } from '../run/run.js'
import { directBalancer, outOfBalancers as actOutOfBalancers } from '../run/direct-balancers.js'

/** What the steps of one hop share. */
export interface Upgrading {
  readonly run: Run<UpgradePhase>
  readonly plan: UpgradePlan
  readonly request: UpgradeRequest
  readonly hop: Hop
  /** The cluster in the hop's version: hosts of the upgrade have no version of their own any more. */
  readonly cluster: Cluster
}

/** The cluster in a version, which the hosts of the upgrade take over. */
export function inVersion({ cluster, all }: UpgradePlan, version: string): Cluster {
  const goesAlong = ({ name }: Host) => all.some((host) => host.name === name)
  return {
    ...cluster,
    kubernetes: { ...cluster.kubernetes, version },
    hosts: cluster.hosts.map((host) => (goesAlong(host) ? withoutVersion(host) : host)),
  }
}

function withoutVersion(host: Host): Host {
  const copy: { -readonly [Field in keyof Host]: Host[Field] } = { ...host }
  delete copy.kubeletVersion
  return copy
}

/** The host as the cluster in the hop's version has it. */
function own({ cluster }: Upgrading, { name }: Host): Host {
  const host = cluster.hosts.find((one) => one.name === name)
  if (host === undefined) throw new Error(`the upgrade has no host ${name}`)
  return host
}

function withEtcd(up: Upgrading, ...hosts: readonly Host[]): Cluster {
  return narrow(up.cluster, ...new Set([...hosts.map((host) => own(up, host)), ...etcdHosts(up.cluster)]))
}

export function prepareUpgrade(up: Upgrading, host: Host) {
  const { hop, request, cluster } = up
  const way = {
    ...(hop.steppingTag === undefined ? {} : { steppingTag: hop.steppingTag }),
    ...(request.allowEtcdJump === true ? { allowJump: true } : {}),
  }
  return activities('prepare', `${host.name}: packages and images of ${hop.version}`).prepareUpgrade(
    { ...withEtcd(up, host), packages: cluster.packages },
    own(up, host),
    way,
  )
}

export function snapshotEtcd(up: Upgrading, host: Host) {
  return activities('kubeadm', `${host.name}: etcd snapshot before ${up.hop.version}`).snapshotEtcd(
    withEtcd(up, host),
    own(up, host),
  )
}

/** The API server beside a member asks that member alone, so no balancer of ours sends requests to it meanwhile. */
export function stepEtcd(up: Upgrading, host: Host, tag: string): Promise<StepOutcome> {
  const act = () =>
    activities('kubeadm', `${host.name}: etcd ${tag}`).stepEtcd(withEtcd(up, host), own(up, host), tag)
  return host.role === 'control-plane' ? outOfBalancers(up, host, act) : act()
}

export function upgradeEtcdMember(up: Upgrading, host: Host) {
  return activities('kubeadm', `${host.name}: etcd of ${up.hop.version}`).upgradeEtcdMember(
    withEtcd(up, host),
    own(up, host),
  )
}

/** kubeadm upgrade on a control plane, to which no balancer of ours sends requests meanwhile. */
export async function upgradeControlPlane(up: Upgrading, host: Host): Promise<StepOutcome> {
  const { version } = up.hop
  const controlPlanes = hostsWithRole(up.cluster, 'control-plane')
  const others = controlPlanes.filter(({ name }) => name !== host.name)
  const cluster = withEtcd(up, ...controlPlanes)
  const look = activities('observe', `${host.name}: looks for ${version}`)
  const { isDone } = await look.isControlPlaneUpgraded(cluster, own(up, host))
  const act = () =>
    activities('upgrade', `${host.name}: kubeadm upgrade to ${version}`).upgradeControlPlane(
      cluster,
      own(up, host),
      others,
    )
  return isDone ? act() : outOfBalancers(up, host, act)
}

export async function upgradeControlPlaneKubelet(up: Upgrading, host: Host): Promise<StepOutcome> {
  const { version } = up.hop
  const through =
    hostsWithRole(up.cluster, 'control-plane').find(({ name }) => name !== host.name) ?? own(up, host)
  const look = activities('observe', `${host.name}: looks for kubelet ${version}`)
  const { isDone } = await look.isKubeletUpgraded(withEtcd(up, host, through), own(up, host), through)
  const act = () => upgradeKubelet(up, host, through)
  return isDone ? act() : outOfBalancers(up, host, act)
}

export function upgradeWorker(up: Upgrading, host: Host): Promise<StepOutcome> {
  return upgradeKubelet(up, host, own(up, up.plan.first), workersAtOnce(up.request, up.plan.workers.length))
}

function upgradeKubelet(up: Upgrading, host: Host, through: Host, atOnce?: number): Promise<StepOutcome> {
  const { drain = DRAIN_DEFAULTS } = up.request
  return activities('upgrade', `${host.name}: kubelet ${up.hop.version}`).upgradeKubelet(
    { ...withEtcd(up, host, through), packages: up.cluster.packages },
    own(up, host),
    { through, drain, ...(atOnce === undefined ? {} : { atOnce }) },
  )
}

/** Lets a worker that was skipped take pods again. */
export function releaseNode(up: Upgrading, host: Host) {
  const through = own(up, up.plan.first)
  return activities('kubeadm', `${host.name}: let it take pods again`).releaseNode(
    narrow(up.cluster, own(up, host), through),
    own(up, host),
    through,
  )
}

export function upgradeEtcdKubelet(up: Upgrading, host: Host) {
  return activities('upgrade', `${host.name}: kubelet ${up.hop.version}`).upgradeEtcdKubelet(
    { ...withEtcd(up, host), packages: up.cluster.packages },
    own(up, host),
  )
}

export function applyPodNetwork({ cluster }: Upgrading, host: Host) {
  return activities('prepare', `${host.name}: apply pod network`).applyPodNetwork(
    { ...narrow(cluster, host), network: cluster.network },
    host,
  )
}

export function settleAddons(up: Upgrading, host: Host) {
  return activities('upgrade', `${host.name}: CoreDNS and kube-proxy`).settleAddons(
    withEtcd(up, host),
    own(up, host),
  )
}

/** Makes a balancer forward requests to these control planes. */
export function configureLoadBalancer(up: Upgrading, balancer: Host, backends: readonly Host[]) {
  return directBalancer(up.cluster, up.plan.loadBalancers, balancer, backends)
}

/** Hosts that were left out are not expected in the cluster's version. */
export function verifyCluster({ run, cluster, hop }: Upgrading, host: Host) {
  const taking = cluster.hosts.filter((one) => !run.isLeftOut(one))
  return activities('kubeadm', `${host.name}: verify the cluster in ${hop.version}`).verifyCluster(
    narrow(cluster, ...taking),
    host,
  )
}

function outOfBalancers(up: Upgrading, host: Host, act: () => Promise<StepOutcome>): Promise<StepOutcome> {
  const { loadBalancers, backends } = up.plan
  return actOutOfBalancers({ ...up, loadBalancers, backends }, host, act)
}
