/** From the first look to the defragmentation. No API has to answer: an etcd without space may have none. */
import { narrow } from '../../cluster/model.js'
import type { OperationInput } from '../../operations/input.js'
import type { DefragmentPhase } from '../../operations/defragment-phases.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { PlanResult } from '../../operations/results.js'
import { planDefragmentation, type DefragmentPlan } from '../../planning/defragment/plan.js'
import { snapshotScene } from '../../planning/snapshot/plan.js'
import { failPreflight } from '../run/failure.js'
import { withLocks } from '../run/hold-hosts.js'
import { planned } from '../run/planned.js'
import { lookAtCluster, lookAtHosts, supposedPresence, type Looked } from '../run/inspect.js'
import type { Run } from '../run/run.js'
import { lookAtMembers } from '../snapshot/planning.js'

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
  const looked = await lookAtHosts(run, input.cluster)
  const supposed = { presence: supposedPresence(looked), unanswered: looked.unanswered }
  const { cluster, sources } = snapshotScene(looked.file, looked.facts, supposed)
  const [first] = sources
  const go = async () => {
    const plan = await makePlan(run, looked)
    run.setVersion(plan.cluster.kubernetes.version)
    run.warn(...plan.warnings)
    if (plan.problems.length > 0) throw failPreflight(plan.problems)
    return act(plan)
  }
  // Without any, the plan says why nothing can be done.
  return first === undefined ? go() : withLocks(run, { ...cluster, hosts: sources }, first, go)
}

async function makePlan(run: Run<PlanPhase>, looked: Looked): Promise<DefragmentPlan> {
  const presence = await lookAtCluster(run, looked)
  const { file, facts, unanswered } = looked
  const learnt = { presence, unanswered }
  const { cluster, members } = snapshotScene(file, facts, learnt)
  const statuses = await lookAtMembers(members, (host) => narrow(cluster, host))
  return planDefragmentation(file, facts, { ...learnt, statuses })
}
