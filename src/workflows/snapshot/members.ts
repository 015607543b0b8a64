/** The members of etcd, for operations on etcd alone. No API has to answer. */
import { narrow, type Cluster, type Host } from '../../cluster/model.js'
import type { MemberStatus } from '../../facts/etcd-status.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import { snapshotScene } from '../../planning/snapshot/plan.js'
import { activities } from '../run/activity-policies.js'
import { rethrowCancellation } from '../run/failure.js'
import { withLocks } from '../run/hold-hosts.js'
import { lookAtCluster, lookAtHosts, supposedPresence, type Looked } from '../run/inspect.js'
import type { Run } from '../run/run.js'

/** Locks the hosts of etcd's members and the control planes that answer, while `act` plans and carries out the plan. */
export async function holdingMembers<Result>(
  run: Run<PlanPhase | 'lock-hosts'>,
  file: Cluster,
  act: (looked: Looked) => Promise<Result>,
): Promise<Result> {
  const looked = await lookAtHosts(run, file)
  const supposed = { presence: supposedPresence(looked), unanswered: looked.unanswered }
  const { cluster, sources } = snapshotScene(looked.file, looked.facts, supposed)
  const [first] = sources
  // Without any, the plan says why nothing can be done.
  return first === undefined
    ? act(looked)
    : withLocks(run, { ...cluster, hosts: sources }, first, () => act(looked))
}

/** What the API and the members tell. */
export async function learnOfMembers(run: Run<PlanPhase>, looked: Looked) {
  const presence = await lookAtCluster(run, looked)
  const { file, facts, unanswered } = looked
  const { cluster, members } = snapshotScene(file, facts, { presence, unanswered })
  const statuses = await lookAtMembers(members, (host) => narrow(cluster, host))
  return { presence, unanswered, statuses }
}

/** The members that answer on these hosts. One that does not is no obstacle by itself. */
async function lookAtMembers(
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
