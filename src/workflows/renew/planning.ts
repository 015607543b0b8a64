/** From the first look to the renewal that is carried out. No API has to answer for it. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { OperationInput, RenewRequest } from '../../operations/input.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { RenewPhase } from '../../operations/renew-phases.js'
import type { PlanResult } from '../../operations/results.js'
import { observedHosts } from '../../planning/plan.js'
import { planRenewal, type RenewPlan } from '../../planning/renew/plan.js'
import { unknownHosts } from '../../planning/unknown-hosts.js'
import { failPreflight } from '../run/failure.js'
import { withLocks } from '../run/hold-hosts.js'
import { planned } from '../run/planned.js'
import { lookAtCluster, lookAtHosts, supposedPresence, type Looked } from '../run/inspect.js'
import { possible, reviewed, unlessDeclined } from '../run/review.js'
import type { Run } from '../run/run.js'

/** What a plan says of a renewal. */
export async function plannedAsRenewal(
  run: Run<PlanPhase>,
  looked: Looked,
  request: RenewRequest,
): Promise<PlanResult> {
  return planned(run, await makePlan(run, looked, request))
}

/** Locks every host that answers while `act` carries out the approved plan. */
export async function holdingForRenewal<Result>(
  run: Run<RenewPhase>,
  input: OperationInput<'renew'>,
  request: RenewRequest,
  act: (plan: RenewPlan) => Promise<Result>,
): Promise<Result> {
  const looked = await lookAtHosts(run, input.cluster)
  const early = unknownHosts(looked.file, request.hosts)
  if (early.length > 0) throw failPreflight(early)
  const { cluster, first, hosts } = toHold(looked, request)
  const go = async () => act(await reviewedPlan(run, input, request, looked))
  // Without any, the plan says why nothing can be done.
  return first === undefined ? go() : withLocks(run, { ...cluster, hosts }, first, go)
}

/** A control plane that serves comes first, as in other operations. */
function toHold(
  looked: Looked,
  request: RenewRequest,
): { readonly cluster: Cluster; readonly first: Host | undefined; readonly hosts: readonly Host[] } {
  const learnt = { presence: supposedPresence(looked), unanswered: looked.unanswered }
  const { cluster, answering } = planRenewal(looked.file, looked.facts, learnt, request, Date.now())
  const hosts = observedHosts(cluster, looked.facts).map(({ host }) => host)
  return { cluster, hosts, first: answering[0] ?? hosts[0] }
}

async function makePlan(run: Run<PlanPhase>, looked: Looked, request: RenewRequest): Promise<RenewPlan> {
  const presence = await lookAtCluster(run, looked)
  const { file, facts, unanswered } = looked
  return planRenewal(file, facts, { presence, unanswered }, request, Date.now())
}

/** Returns the plan to act on: approved, and still current. */
async function reviewedPlan(
  run: Run<RenewPhase>,
  { review, cluster }: OperationInput<'renew'>,
  request: RenewRequest,
  first: Looked,
): Promise<RenewPlan> {
  return reviewed(run, {
    first,
    facts: first.facts,
    look: () => lookAtHosts(run, cluster),
    plan: (looked) => plannedNow(run, looked, request),
    changesOf: unlessDeclined(review),
  })
}

async function plannedNow(run: Run<RenewPhase>, looked: Looked, request: RenewRequest): Promise<RenewPlan> {
  const plan = await makePlan(run, looked, request)
  return possible(run, plan, plan.cluster.kubernetes.version)
}
