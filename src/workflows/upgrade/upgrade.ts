/**
 * Upgrading a cluster, one minor after the other: etcd first, then the control planes one by one, then the kubelets. Every
 * step looks at what runs before it acts, so an upgrade that was stopped anywhere continues there.
 */
import type { Host } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import type { UpgradeResult } from '../../operations/results.js'
import type { StepOutcome } from '../../operations/steps.js'
import { UPGRADE_PHASES, type UpgradePhase } from '../../operations/upgrade-phases.js'
import { workersAtOnce, type UpgradeRequest } from '../../operations/upgrade-request.js'
import { hopOf, type UpgradePlan } from '../../planning/upgrade/plan.js'
import { SKEW, skewObstacle } from '../../planning/upgrade/skew.js'
import { upgradeSkipRefusal } from '../../planning/upgrade/skip-rules.js'
import type { VerifiedCluster } from '../../activities/verify-cluster.js'
import { holding } from '../apply/planning.js'
import { defineOperation } from '../run/define-operation.js'
import { together } from '../run/together.js'
import { failWith } from '../run/failure.js'
import { lookAtHosts } from '../run/inspect.js'
import type { Phase, PhaseOptions, Run } from '../run/run.js'
import { readMembers, reviewedUpgrade } from './planning.js'
import * as steps from './steps.js'
import { inVersion, type Upgrading } from './steps.js'

/** Workflow: brings the cluster of `input.cluster` to the version that is asked for. */
export const upgradeCluster = defineOperation('upgrade', async (run, input) => {
  const looked = await lookAtHosts(run, input.cluster)
  return holding(run, looked, async () => {
    const plan = await reviewedUpgrade(run, input, looked)
    let verified: VerifiedCluster | undefined
    for (const version of plan.hops) verified = await hop(run, plan, input.request ?? {}, version)
    return resultOf(run, plan, looked.file.kubernetes.version, verified)
  })
})

/** The phases that begin again with each version. */
const OF_EACH_HOP = (Object.keys(UPGRADE_PHASES) as UpgradePhase[]).filter(
  (id) => !['facts', 'lock-hosts', 'running-cluster'].includes(id),
)

/** Brings the whole cluster to one version. */
async function hop(
  run: Run<UpgradePhase>,
  plan: UpgradePlan,
  request: UpgradeRequest,
  version: string,
): Promise<VerifiedCluster> {
  refuseSkew(run, plan, version)
  run.beginHop(version, OF_EACH_HOP)
  const cluster = inVersion(plan, version)
  const members = await readMembers(plan.cluster)
  const up: Upgrading = { run, plan, request, cluster, hop: hopOf(cluster, plan, version, members, request) }
  const leaders = members.filter(({ leader }) => leader).map(({ name }) => name)
  const prepared = phase(up, 'packages', plan.all, steps.prepareUpgrade)
  const stepped = etcdSteps(up, leaders, prepared.all())
  const upgraded = controlPlanes(up, stepped)
  const kubelets = controlPlaneKubelets(up, upgraded)
  const before = together(kubelets, workerKubelets(up, kubelets).all(), etcdKubelets(up, kubelets))
  const addons = phase(up, 'cluster-addons', upgradesControlPlanes(up), steps.settleAddons, {
    after: () => [before],
  })
  const balanced = phase(
    up,
    'load-balancer-backends',
    plan.loadBalancers,
    (_, balancer) => steps.configureLoadBalancer(up, balancer, plan.backends),
    { after: () => [before] },
  )
  const verified = phase(up, 'upgrade-verified', [plan.first], steps.verifyCluster, {
    after: () => [before, addons.all(), balanced.all()],
  })
  const [seen] = await verified.all()
  if (seen === undefined) throw new Error('the verification gave no result')
  return seen
}

/** Workers that were left out of an earlier hop must still suit the next one. */
function refuseSkew(run: Run<UpgradePhase>, { workers, versions }: UpgradePlan, version: string): void {
  const obstacles = workers
    .filter((host) => run.isLeftOut(host))
    .flatMap(({ name }) => skewObstacle(SKEW.kubelet, versions[name] ?? version, version) ?? [])
  if (obstacles.length === 0) return
  throw failWith(obstacles.map((obstacle) => new QuorateError('SKEW_TOO_LARGE', obstacle).report()))
}

/** Snapshot, then the members of etcd one by one; the leader last, so that leadership moves once. */
function etcdSteps(up: Upgrading, leaders: readonly string[], prepared: Promise<unknown>): Promise<unknown> {
  const { plan, hop } = up
  const followersFirst = (hosts: readonly Host[]) =>
    hosts.toSorted((a, b) => Number(leaders.includes(a.name)) - Number(leaders.includes(b.name)))
  const taken = together(
    prepared,
    phase(up, 'etcd-snapshot', snapshotHosts(up), steps.snapshotEtcd, { after: () => [prepared] }).all(),
  )
  const tag = hop.steppingTag ?? ''
  const step = (_: Upgrading, host: Host) => steps.stepEtcd(up, host, tag)
  const stepping = followersFirst(hop.steppingMembers)
  const between = together(taken, phase(up, 'etcd-step', stepping, step, { after: () => [taken] }).all())
  if (plan.etcd.length === 0) return between
  const members = phase(up, 'upgraded-etcd-members', followersFirst(plan.etcd), steps.upgradeEtcdMember, {
    after: () => [between],
  })
  return together(between, members.all())
}

/** Where nothing is to be done, no snapshot is needed. */
function snapshotHosts({ plan }: Upgrading): readonly Host[] {
  const { changes, snapshotHost } = plan
  return snapshotHost === undefined || changes.length === 0 ? [] : [snapshotHost]
}

/** The host of the phases that need a control plane, if the upgrade is about control planes at all. */
function upgradesControlPlanes({ plan }: Upgrading): readonly Host[] {
  return plan.controlPlanes.length === 0 ? [] : [plan.first]
}

function controlPlanes(up: Upgrading, etcd: Promise<unknown>): Promise<unknown> {
  const { plan, request, run } = up
  const first = phase(
    up,
    'first-upgraded-control-plane',
    upgradesControlPlanes(up),
    steps.upgradeControlPlane,
    {
      after: () => [etcd],
    },
  )
  const begun = together(
    together(etcd, first.all()).then(() => {
      if (request.pauseAfter === 'first-control-plane') run.pause()
    }),
  )
  const rest = plan.controlPlanes.filter(({ name }) => name !== plan.first.name)
  const others = phase(up, 'other-control-planes', rest, steps.upgradeControlPlane, { after: () => [begun] })
  const upgraded = together(begun, others.all()).then(() => {
    if (request.pauseAfter === 'control-planes') run.pause()
  })
  return together(upgraded)
}

/** The pod network first: kubelets of the new version start their pods on it. */
function controlPlaneKubelets(up: Upgrading, upgraded: Promise<unknown>): Promise<unknown> {
  const networked = phase(up, 'network-plugin', upgradesControlPlanes(up), steps.applyPodNetwork, {
    after: () => [upgraded],
  })
  const ready = together(upgraded, networked.all())
  const kubelets = phase(
    up,
    'control-plane-kubelets',
    up.plan.controlPlanes,
    steps.upgradeControlPlaneKubelet,
    {
      after: () => [ready],
    },
  )
  return together(ready, kubelets.all())
}

/** Clusters without etcd hosts have no such phase. */
function etcdKubelets(up: Upgrading, kubelets: Promise<unknown>): Promise<unknown> {
  const { etcd } = up.plan
  if (etcd.length === 0) return kubelets
  return phase(up, 'etcd-kubelets', etcd, steps.upgradeEtcdKubelet, { after: () => [kubelets] }).all()
}

function workerKubelets(up: Upgrading, kubelets: Promise<unknown>): Phase<StepOutcome> {
  const { plan, request } = up
  let done = 0
  const upgrade = async (_: Upgrading, host: Host) => {
    const outcome = await steps.upgradeWorker(up, host)
    done += 1
    if (typeof request.pauseAfter === 'object' && done === request.pauseAfter.workers) up.run.pause()
    return outcome
  }
  return phase(up, 'worker-kubelets', plan.workers, upgrade, {
    after: () => [kubelets],
    atOnce: workersAtOnce(request, plan.workers.length),
    leaveOut: (host) => steps.releaseNode(up, host),
  })
}

function phase<Result extends StepOutcome>(
  up: Upgrading,
  id: UpgradePhase,
  hosts: readonly Host[],
  act: (up: Upgrading, host: Host) => Promise<Result>,
  options: PhaseOptions = {},
): Phase<Result> {
  return up.run.phase(id, hosts, (host) => act(up, host), {
    notSkippable: (host) => upgradeSkipRefusal(id, host),
    ...options,
  })
}

function resultOf(
  run: Run<UpgradePhase>,
  { from, to, hops, warnings }: UpgradePlan,
  fileVersion: string,
  verified: VerifiedCluster | undefined,
): UpgradeResult {
  return {
    from,
    to,
    hops,
    changed: run.changed,
    nodes: verified?.nodes ?? [],
    etcdMembers: verified?.etcdMembers ?? [],
    warnings,
    skipped: run.skipped,
    ...(fileVersion === to ? {} : { fileVersion }),
  }
}
