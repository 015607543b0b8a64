/** From the first look to the plan that an upgrade acts on. */
import { etcdHosts, narrow, type Cluster } from '../../cluster/model.js'
import { parseChannel, parseVersion } from '../../cluster/versions.js'
import { QuorateError } from '../../errors/index.js'
import { DRAIN_DEFAULTS } from '../../operations/drain.js'
import type { OperationInput } from '../../operations/input.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { PlanResult } from '../../operations/results.js'
import { UPGRADE_PHASES } from '../../operations/upgrade-phases.js'
import type { UpgradeRequest } from '../../operations/upgrade-request.js'
import type { RunningMember } from '../../planning/upgrade/etcd-rule.js'
import { channelOf, minorsBetween } from '../../planning/upgrade/hops.js'
import { planUpgrade, type UpgradePlan } from '../../planning/upgrade/plan.js'
import { activities } from '../run/activity-policies.js'
import { failWith, rethrowCancellation } from '../run/failure.js'
import { forecastDrains } from '../run/forecast-drains.js'
import { lookAtCluster, lookAtHosts, type Looked } from '../run/inspect.js'
import { possible, reviewed } from '../run/review.js'
import type { Run } from '../run/run.js'

/** Makes the plan, with whatever stands in the way. */
async function makePlan(run: Run<PlanPhase>, looked: Looked, request: UpgradeRequest): Promise<UpgradePlan> {
  const presence = await lookAtCluster(run, looked)
  if (presence.kind !== 'read') {
    const reason =
      presence.kind === 'absent' ? 'there is no cluster yet' : `its API does not answer: ${presence.reason}`
    throw failWith([new QuorateError('CLUSTER_UNREADABLE', `nothing can be upgraded: ${reason}`).report()])
  }
  const { standing } = presence
  const to = await target(looked, request)
  const from = standing.configuration.version
  const plan = planUpgrade({
    ...looked,
    standing,
    request,
    to,
    between: await releasesBetween(from, to, request),
    members: await readMembers(looked.file),
  })
  return { ...plan, warnings: [...plan.warnings, ...(await drainsAhead(plan, request))] }
}

/** The pods that would hold up a drain now. */
async function drainsAhead(
  plan: UpgradePlan,
  { drain = DRAIN_DEFAULTS }: UpgradeRequest,
): Promise<readonly string[]> {
  if (plan.problems.length > 0) return []
  const drained = plan.changes.filter(({ phase }) => DRAINING.includes(phase)).map(({ host }) => host)
  const { cluster, first } = plan
  return forecastDrains(narrow(cluster, first), first, [...new Set(drained)], drain.unmanaged)
}

const DRAINING: readonly string[] = [
  UPGRADE_PHASES['control-plane-kubelets'].title,
  UPGRADE_PHASES['worker-kubelets'].title,
]

async function target({ file, unresolved }: Looked, { to }: UpgradeRequest): Promise<string> {
  if (to !== undefined) return resolved(to)
  if (unresolved !== undefined) throw failWith([unresolved])
  return file.kubernetes.version
}

async function releasesBetween(
  from: string,
  to: string,
  { via }: UpgradeRequest,
): Promise<readonly string[]> {
  const given = via ?? []
  const unnamed = minorsBetween(from, to).filter(
    (minor) => !given.some((version) => parseVersion(version)?.minor === minor),
  )
  return [...given, ...(await Promise.all(unnamed.map((minor) => resolved(channelOf(minor)))))]
}

async function resolved(text: string): Promise<string> {
  if (parseChannel(text) === undefined) return text
  return activities('observe', `resolve ${text}`).resolveVersion(text)
}

/**
 * The versions that etcd's members run, told by the first that answers. None if somebody else runs etcd, or if none
 * answers: the steps themselves then find out why.
 */
export async function readMembers(
  cluster: Cluster,
): Promise<readonly (RunningMember & { leader: boolean })[]> {
  const hosts = etcdHosts(cluster)
  for (const host of hosts) {
    try {
      return await activities('observe', `${host.name}: versions of etcd`).readEtcdVersions(
        narrow(cluster, ...hosts),
        host,
      )
    } catch (error) {
      rethrowCancellation(error)
    }
  }
  return []
}

/** The plan of an upgrade, as `quorate upgrade --plan` shows it. */
export async function plannedAsUpgrade(
  run: Run<PlanPhase>,
  looked: Looked,
  request: UpgradeRequest,
): Promise<PlanResult> {
  const { to, changes, problems, warnings, shown } = await makePlan(run, looked, request)
  run.setVersion(to)
  run.warn(...warnings)
  return { kubernetesVersion: to, changes, problems, warnings, upgrade: shown }
}

/** Returns the plan to act on: approved if that was asked for, and still current. */
export async function reviewedUpgrade(
  run: Run<PlanPhase>,
  { cluster, review, request = {} }: OperationInput<'upgrade'>,
  first: Looked,
): Promise<UpgradePlan> {
  return reviewed(run, {
    first,
    facts: first.facts,
    look: () => lookAtHosts(run, cluster),
    plan: (looked) => planNow(run, looked, request),
    changesOf: ({ changes }) => (review === true ? changes : []),
  })
}

async function planNow(run: Run<PlanPhase>, looked: Looked, request: UpgradeRequest): Promise<UpgradePlan> {
  const plan = await makePlan(run, looked, request)
  return possible(run, plan, plan.to)
}
