/** From the first look to the defragmentation. No API has to answer: an etcd without space may have none. */
import type { OperationInput } from '../../operations/input.js'
import type { DefragmentPhase } from '../../operations/defragment-phases.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { PlanResult } from '../../operations/results.js'
import { planDefragmentation, type DefragmentPlan } from '../../planning/defragment/plan.js'
import { failPreflight } from '../run/failure.js'
import { planned } from '../run/planned.js'
import type { Looked } from '../run/inspect.js'
import type { Run } from '../run/run.js'
import { holdingMembers, learnOfMembers } from '../snapshot/members.js'

/** What a plan says of a defragmentation. */
export async function plannedAsDefragmentation(run: Run<PlanPhase>, looked: Looked): Promise<PlanResult> {
  return planned(run, await makePlan(run, looked))
}

/** Locks the hosts of etcd's members and the control planes that answer, while `act` carries out the plan. */
export async function holdingForDefragmentation<Result>(
  run: Run<DefragmentPhase>,
  input: OperationInput<'defragment'>,
  act: (plan: DefragmentPlan) => Promise<Result>,
): Promise<Result> {
  return holdingMembers(run, input.cluster, async (looked) => {
    const plan = await makePlan(run, looked)
    run.setVersion(plan.cluster.kubernetes.version)
    run.warn(...plan.warnings)
    if (plan.problems.length > 0) throw failPreflight(plan.problems)
    return act(plan)
  })
}

async function makePlan(run: Run<PlanPhase>, looked: Looked): Promise<DefragmentPlan> {
  return planDefragmentation(looked.file, looked.facts, await learnOfMembers(run, looked))
}
