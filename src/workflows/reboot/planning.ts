/** From the first look to the reboot that is carried out. */
import { narrow, type Host } from '../../cluster/model.js'
import type { OperationInput } from '../../operations/input.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { RebootPhase } from '../../operations/reboot/phases.js'
import type { RebootRequest } from '../../operations/reboot/request.js'
import type { PlanResult } from '../../operations/results.js'
import { observedHosts, type Learnt } from '../../planning/plan.js'
import { planReboot, type RebootPlan } from '../../planning/reboot/plan.js'
import { unknownHosts } from '../../planning/unknown-hosts.js'
import { forecastDrains } from '../run/forecast-drains.js'
import { failPreflight } from '../run/failure.js'
import { withLocks } from '../run/hold-hosts.js'
import { lookAtCluster, lookAtHosts, supposedPresence, type Looked } from '../run/inspect.js'
import { planned } from '../run/planned.js'
import { possible, reviewed, unlessDeclined } from '../run/review.js'
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
  return holdingForRollout(run, input, request, {
    suppose: ({ file, facts }, supposed) => planReboot(file, facts, supposed, request),
    plan: (looked) => makePlan(run, looked, request),
    act,
  })
}

/** How an operation that takes hosts away one after the other is planned and carried out. */
interface PlannedRollout<Plan extends RebootPlan, Result> {
  /** The plan as far as the hosts alone tell. */
  readonly suppose: (looked: Looked, supposed: Supposed) => RebootPlan
  readonly plan: (looked: Looked) => Promise<Plan>
  readonly act: (plan: Plan) => Promise<Result>
}

type Supposed = Pick<Learnt, 'presence' | 'unanswered'>

/** Looks, locks every host that answers, has the plan approved, and carries it out. */
export async function holdingForRollout<Plan extends RebootPlan, Result>(
  run: Run<'facts' | 'lock-hosts'>,
  { cluster: file, review }: Pick<OperationInput, 'cluster' | 'review'>,
  request: Pick<RebootRequest, 'hosts'>,
  { suppose, plan, act }: PlannedRollout<Plan, Result>,
): Promise<Result> {
  const first = await lookAtHosts(run, file)
  const early = unknownHosts(first.file, request.hosts)
  if (early.length > 0) throw failPreflight(early)
  const supposed = suppose(first, { presence: supposedPresence(first), unanswered: first.unanswered })
  const hosts = observedHosts(supposed.cluster, first.facts).map(({ host }) => host)
  const lead = supposed.serving[0] ?? hosts[0]
  const go = async () =>
    act(
      await reviewed(run, {
        first,
        facts: first.facts,
        look: () => lookAtHosts(run, file),
        plan: async (looked) => {
          const made = await plan(looked)
          return possible(run, made, made.cluster.kubernetes.version)
        },
        changesOf: unlessDeclined(review),
      }),
    )
  // Without any, the plan says why nothing can be done.
  return lead === undefined ? go() : withLocks(run, { ...supposed.cluster, hosts }, lead, go)
}

async function makePlan(run: Run<PlanPhase>, looked: Looked, request: RebootRequest): Promise<RebootPlan> {
  const presence = await lookAtCluster(run, looked)
  const { file, facts, unanswered } = looked
  const plan = planReboot(file, facts, { presence, unanswered }, request)
  const nodes = plan.rebooting.map(({ host }) => host.name)
  return { ...plan, warnings: [...plan.warnings, ...(await drainsAhead(plan, nodes, request))] }
}

const DRAINED: readonly Host['role'][] = ['control-plane', 'worker']

/** What would hold up the drains of those of the hosts that are nodes. */
export async function drainsAhead(
  plan: RebootPlan,
  names: readonly string[],
  { drain }: Pick<RebootRequest, 'drain'>,
): Promise<readonly string[]> {
  const [via] = plan.serving
  const nodes = plan.rebooting
    .map(({ host }) => host)
    .filter(({ name, role }) => names.includes(name) && DRAINED.includes(role))
  if (via === undefined || plan.problems.length > 0) return []
  return forecastDrains(
    narrow(plan.cluster, via),
    via,
    nodes.map(({ name }) => name),
    drain.unmanaged,
  )
}
