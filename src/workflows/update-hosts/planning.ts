/** From the first look to the update that is carried out. */
import { narrow } from '../../cluster/model.js'
import type { HostUpdates } from '../../facts/updates.js'
import type { OperationInput } from '../../operations/input.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { PlanResult } from '../../operations/results.js'
import type { UpdatePhase } from '../../operations/update-hosts/phases.js'
import type { UpdateRequest } from '../../operations/update-hosts/request.js'
import type { RebootPlan } from '../../planning/reboot/plan.js'
import { askedForUpdates, planUpdate, type UpdatePlan } from '../../planning/update-hosts/plan.js'
import { drainsAhead, holdingForRollout } from '../reboot/planning.js'
import { activities } from '../run/activity-policies.js'
import { lookAtCluster, type Looked } from '../run/inspect.js'
import { planned } from '../run/planned.js'
import type { Run } from '../run/run.js'

/** What a plan says of an update of hosts. */
export async function plannedAsUpdate(
  run: Run<PlanPhase>,
  looked: Looked,
  request: UpdateRequest,
): Promise<PlanResult> {
  const { plan } = await makePlan(run, looked, request)
  return { ...planned(run, plan), updates: plan.updates }
}

/** A plan, and what it was made of. */
export interface UpdateToCarryOut extends UpdatePlan {
  readonly found: ReadonlyMap<string, HostUpdates>
}

/** Locks every host that answers while `act` carries out the approved plan. */
export async function holdingForUpdate<Result>(
  run: Run<UpdatePhase>,
  input: OperationInput<'update-hosts'>,
  request: UpdateRequest,
  act: (plan: UpdateToCarryOut) => Promise<Result>,
): Promise<Result> {
  return holdingForRollout(run, input, request, {
    suppose: ({ file, facts }, supposed) => askedForUpdates(file, facts, supposed, request),
    plan: async (looked) => {
      const { plan, found } = await makePlan(run, looked, request)
      return { ...plan, found }
    },
    act,
  })
}

async function makePlan(
  run: Run<PlanPhase>,
  looked: Looked,
  request: UpdateRequest,
): Promise<{ readonly plan: UpdatePlan; readonly found: ReadonlyMap<string, HostUpdates> }> {
  const presence = await lookAtCluster(run, looked)
  const { file, facts, unanswered } = looked
  const asked = askedForUpdates(file, facts, { presence, unanswered }, request)
  const found = asked.problems.length > 0 ? new Map<string, HostUpdates>() : await findAll(run, asked)
  const plan = planUpdate(asked, found, request)
  const ahead = await drainsAhead(plan, plan.drained, request)
  return { plan: { ...plan, warnings: [...plan.warnings, ...ahead] }, found }
}

/** Asks every host, again while its package lists are locked or cannot be reached: there is no plan without all answers. */
async function findAll(
  run: Run<PlanPhase>,
  { cluster, rebooting }: RebootPlan,
): Promise<ReadonlyMap<string, HostUpdates>> {
  const found = await Promise.all(
    rebooting.map(({ host }) =>
      run.begin(async (): Promise<[string, HostUpdates]> => {
        const looking = activities('prepare', `${host.name}: updates`)
        return [host.name, await looking.findUpdates(narrow(cluster, host), host)]
      }),
    ),
  )
  return new Map(found)
}
