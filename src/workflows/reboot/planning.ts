/** From the first look to the reboot that is carried out. */
import { narrow, type Host } from '../../cluster/model.js'
import type { OperationInput } from '../../operations/input.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { RebootPhase } from '../../operations/reboot/phases.js'
import type { RebootRequest } from '../../operations/reboot/request.js'
import type { PlanResult } from '../../operations/results.js'
import { observedHosts } from '../../planning/plan.js'
import { planReboot, type RebootPlan } from '../../planning/reboot/plan.js'
import { unknownHosts } from '../../planning/unknown-hosts.js'
import { forecastDrains } from '../run/forecast-drains.js'
import { failPreflight } from '../run/failure.js'
import { withLocks } from '../run/hold-hosts.js'
import { lookAtCluster, lookAtHosts, supposedPresence, type Looked } from '../run/inspect.js'
import { planned } from '../run/planned.js'
import { possible, reviewed } from '../run/review.js'
import type { Run } from '../run/run.js'

/** What a plan says of a reboot. */
export async function plannedAsReboot(
  run: Run<PlanPhase>,
  looked: Looked,
  request: RebootRequest,
): Promise<PlanResult> {
  return planned(run, await makePlan(run, looked, request))
}

/** Locks every host that answers while `act` carries out the approved plan. */
export async function holdingForReboot<Result>(
  run: Run<RebootPhase>,
  input: OperationInput<'reboot'>,
  request: RebootRequest,
  act: (plan: RebootPlan) => Promise<Result>,
): Promise<Result> {
  const looked = await lookAtHosts(run, input.cluster)
  const early = unknownHosts(looked.file, request.hosts)
  if (early.length > 0) throw failPreflight(early)
  const supposed = { presence: supposedPresence(looked), unanswered: looked.unanswered }
  const { cluster, serving } = planReboot(looked.file, looked.facts, supposed, request)
  const hosts = observedHosts(cluster, looked.facts).map(({ host }) => host)
  const first = serving[0] ?? hosts[0]
  const go = async () => act(await reviewedPlan(run, input, request, looked))
  // Without any, the plan says why nothing can be done.
  return first === undefined ? go() : withLocks(run, { ...cluster, hosts }, first, go)
}

async function makePlan(run: Run<PlanPhase>, looked: Looked, request: RebootRequest): Promise<RebootPlan> {
  const presence = await lookAtCluster(run, looked)
  const { file, facts, unanswered } = looked
  const plan = planReboot(file, facts, { presence, unanswered }, request)
  return { ...plan, warnings: [...plan.warnings, ...(await drainsAhead(plan, request))] }
}

const DRAINED: readonly Host['role'][] = ['control-plane', 'worker']

async function drainsAhead(plan: RebootPlan, { drain }: RebootRequest): Promise<readonly string[]> {
  const [via] = plan.serving
  const nodes = plan.rebooting.filter(({ host }) => DRAINED.includes(host.role)).map(({ host }) => host.name)
  if (via === undefined || plan.problems.length > 0) return []
  return forecastDrains(narrow(plan.cluster, via), via, nodes, drain.unmanaged)
}

/** Returns the plan to act on: approved, and still current. */
async function reviewedPlan(
  run: Run<RebootPhase>,
  { review, cluster }: OperationInput<'reboot'>,
  request: RebootRequest,
  first: Looked,
): Promise<RebootPlan> {
  return reviewed(run, {
    first,
    facts: first.facts,
    look: () => lookAtHosts(run, cluster),
    plan: (looked) => plannedNow(run, looked, request),
    changesOf: ({ changes }) => (review === false ? [] : changes),
  })
}

async function plannedNow(
  run: Run<RebootPhase>,
  looked: Looked,
  request: RebootRequest,
): Promise<RebootPlan> {
  const plan = await makePlan(run, looked, request)
  return possible(run, plan, plan.cluster.kubernetes.version)
}
