/** From the first look to the snapshot: what answers is locked, and the member is chosen last. No API has to answer. */
import type { Host } from '../../cluster/model.js'
import type { OperationInput } from '../../operations/input.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { PlanResult } from '../../operations/results.js'
import type { SnapshotPhase } from '../../operations/snapshot-phases.js'
import { planSnapshot, type SnapshotPlan } from '../../planning/snapshot/plan.js'
import { failPreflight } from '../run/failure.js'
import { planned } from '../run/planned.js'
import type { Looked } from '../run/inspect.js'
import type { Run } from '../run/run.js'
import { holdingMembers, learnOfMembers } from './members.js'

/** What a plan says of a snapshot. */
export async function plannedAsSnapshot(run: Run<PlanPhase>, looked: Looked): Promise<PlanResult> {
  return planned(run, await makePlan(run, looked))
}

export async function holdingForSnapshot<Result>(
  run: Run<SnapshotPhase>,
  input: OperationInput<'snapshot'>,
  act: (plan: SnapshotPlan, from: Host) => Promise<Result>,
): Promise<Result> {
  return holdingMembers(run, input.cluster, async (looked) => {
    const plan = await makePlan(run, looked)
    run.setVersion(plan.cluster.kubernetes.version)
    run.warn(...plan.warnings)
    const { from, problems } = plan
    if (from === undefined || problems.length > 0) throw failPreflight(problems)
    return act(plan, from)
  })
}

async function makePlan(run: Run<PlanPhase>, looked: Looked): Promise<SnapshotPlan> {
  return planSnapshot(looked.file, looked.facts, await learnOfMembers(run, looked))
}
