/** From the first look to the reset that is carried out: foreign hosts are refused, the others locked, a person agrees. */
import { hostsWithRole, narrow, type Cluster, type Host } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import { servingControlPlanes } from '../../facts/first-control-plane.js'
import type { ClusterPresence } from '../../facts/standing.js'
import type { OperationInput, ResetRequest } from '../../operations/input.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { ResetPhase } from '../../operations/reset-phases.js'
import type { PlanResult } from '../../operations/results.js'
import { observedHosts } from '../../planning/plan.js'
import type { Losses } from '../../planning/reset/losses.js'
import { askedHosts, earlyProblems, planReset, type ResetPlan } from '../../planning/reset/plan.js'
import { isConfirmed } from '../../planning/reset/request.js'
import { activities } from '../run/activity-policies.js'
import { failPreflight, failWith, rethrowCancellation } from '../run/failure.js'
import { withLocks } from '../run/hold-hosts.js'
import { reviewed, unlessDeclined } from '../run/review.js'
import { lookAtCluster, lookAtHosts, supposedPresence, type Looked } from '../run/inspect.js'
import type { Run } from '../run/run.js'

/** What a plan says of a reset. */
export async function plannedAsReset(
  run: Run<PlanPhase>,
  looked: Looked,
  request: ResetRequest,
): Promise<PlanResult> {
  const { cluster, changes, problems, warnings } = await makePlan(run, looked, request)
  run.warn(...warnings)
  return { kubernetesVersion: cluster.kubernetes.version, changes, problems, warnings }
}

/**
 * Locks the hosts that are reset, and those through which the cluster is asked, while `act` carries out the approved
 * plan. `joining`: hosts that answered only later, and are released as well.
 */
export async function holdingForReset<Result>(
  run: Run<ResetPhase>,
  input: OperationInput<'reset'>,
  request: ResetRequest,
  joining: () => readonly Host[],
  act: (plan: ResetPlan) => Promise<Result>,
): Promise<Result> {
  if (!isConfirmed(input.cluster, request)) throw failWith([notConfirmed(input.cluster)])
  const looked = await lookAtHosts(run, input.cluster)
  const { file, facts } = looked
  const early = earlyProblems(file, facts, { ...looked, presence: supposedPresence(looked) }, request)
  if (early.length > 0) throw failPreflight(early)
  const hosts = hostsToHold(looked, request)
  const [first] = hosts
  const go = async () => act(await reviewedPlan(run, input, request, looked))
  // Without any, the plan says why nothing can be done.
  return first === undefined ? go() : withLocks(run, { ...file, hosts }, first, go, joining)
}

function notConfirmed({ name }: Cluster) {
  const message = `destroying the cluster must be confirmed with its name, ${name}`
  return new QuorateError('RESET_REFUSED', message, {
    hint: `\`--yes-destroy ${name}\` confirms it`,
  }).report()
}

/** A control plane that serves comes first, as in other operations. */
function hostsToHold({ file, facts }: Looked, request: ResetRequest): readonly Host[] {
  const observed = observedHosts(file, facts)
  const hasControlPlanes = hostsWithRole(file, 'control-plane').length > 0
  const serving = hasControlPlanes ? servingControlPlanes(file, observed) : []
  const asked = askedHosts(file, request)
  const answered = observed.map(({ host }) => host).filter((host) => asked.includes(host))
  return [...new Set([...serving, ...answered])]
}

async function makePlan(run: Run<PlanPhase>, looked: Looked, request: ResetRequest): Promise<ResetPlan> {
  const presence = await lookAtCluster(run, looked)
  const losses = request.all ? await countLosses(looked, presence) : undefined
  const { file, facts, unanswered } = looked
  const learnt = { presence, unanswered, ...(losses === undefined ? {} : { losses }) }
  return planReset(file, facts, learnt, request)
}

/** Counting is worth no failure: nobody keeps a cluster because it cannot be counted. */
async function countLosses({ file, facts }: Looked, presence: ClusterPresence): Promise<Losses | undefined> {
  if (presence.kind !== 'read') return undefined
  const [host] = servingControlPlanes(file, observedHosts(file, facts))
  if (host === undefined) return undefined
  try {
    return await activities('observe', `${host.name}: what would be lost`).readLosses(
      narrow(file, host),
      host,
    )
  } catch (error) {
    rethrowCancellation(error)
    return undefined
  }
}

/** Returns the plan to act on: approved, and still current. */
async function reviewedPlan(
  run: Run<ResetPhase>,
  { review, cluster }: OperationInput<'reset'>,
  request: ResetRequest,
  first: Looked,
): Promise<ResetPlan> {
  return reviewed(run, {
    first,
    facts: first.facts,
    look: () => lookAtHosts(run, cluster),
    plan: (looked) => plannedNow(run, looked, request),
    changesOf: unlessDeclined(review),
  })
}

async function plannedNow(run: Run<ResetPhase>, looked: Looked, request: ResetRequest): Promise<ResetPlan> {
  const plan = await makePlan(run, looked, request)
  if (plan.problems.length > 0) throw failPreflight(plan.problems)
  run.warn(...plan.warnings)
  return plan
}
