/** From the first look to the snapshot: what answers is locked, and the member is chosen last. No API has to answer. */
import { narrow, type Host } from '../../cluster/model.js'
import type { MemberStatus } from '../../facts/etcd-status.js'
import type { OperationInput } from '../../operations/input.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { PlanResult } from '../../operations/results.js'
import type { SnapshotPhase } from '../../operations/snapshot-phases.js'
import { planSnapshot, snapshotScene, type SnapshotPlan } from '../../planning/snapshot/plan.js'
import { activities } from '../run/activity-policies.js'
import { failPreflight, rethrowCancellation } from '../run/failure.js'
import { withLocks } from '../run/hold-hosts.js'
import { planned } from '../run/planned.js'
import { lookAtCluster, lookAtHosts, supposedPresence, type Looked } from '../run/inspect.js'
import type { Run } from '../run/run.js'

/** What a plan says of a snapshot. */
export async function plannedAsSnapshot(run: Run<PlanPhase>, looked: Looked): Promise<PlanResult> {
  return planned(run, await makePlan(run, looked))
}

/** Locks the hosts of etcd's members and the control planes that answer, while `act` carries out the plan. */
export async function holdingForSnapshot<Result>(
  run: Run<SnapshotPhase>,
  input: OperationInput<'snapshot'>,
  act: (plan: SnapshotPlan, from: Host) => Promise<Result>,
): Promise<Result> {
  const looked = await lookAtHosts(run, input.cluster)
  const supposed = { presence: supposedPresence(looked), unanswered: looked.unanswered }
  const { cluster, sources } = snapshotScene(looked.file, looked.facts, supposed)
  const [first] = sources
  const go = async () => {
    const plan = await makePlan(run, looked)
    run.setVersion(plan.cluster.kubernetes.version)
    run.warn(...plan.warnings)
    const { from, problems } = plan
    if (from === undefined || problems.length > 0) throw failPreflight(problems)
    return act(plan, from)
  }
  // Without any, the plan says why nothing can be done.
  return first === undefined ? go() : withLocks(run, { ...cluster, hosts: sources }, first, go)
}

async function makePlan(run: Run<PlanPhase>, looked: Looked): Promise<SnapshotPlan> {
  const presence = await lookAtCluster(run, looked)
  const { file, facts, unanswered } = looked
  const learnt = { presence, unanswered }
  const { cluster, members } = snapshotScene(file, facts, learnt)
  const statuses = await lookAtMembers(members, (host) => narrow(cluster, host))
  return planSnapshot(file, facts, { ...learnt, statuses })
}

/** The members that answer on these hosts. One that does not is no obstacle by itself. */
export async function lookAtMembers(
  members: readonly Host[],
  clusterOf: (host: Host) => ReturnType<typeof narrow>,
): Promise<readonly MemberStatus[]> {
  const looks = members.map(async (host) => {
    try {
      return await activities('observe', `${host.name}: etcd member`).lookAtMember(clusterOf(host), host)
    } catch (error) {
      rethrowCancellation(error)
      return undefined
    }
  })
  return (await Promise.all(looks)).filter((status) => status !== undefined)
}
