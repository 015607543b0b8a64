/** From the first look to the removal that is carried out: hosts are locked, the cluster is asked, a person approves. */
import { hostsWithRole, type Cluster, type Host } from '../../cluster/model.js'
import type { HostFacts } from '../../facts/facts.js'
import { servingControlPlanes } from '../../facts/first-control-plane.js'
import type { ClusterPresence } from '../../facts/standing.js'
import type { OperationInput, RemoveRequest } from '../../operations/input.js'
import type { RemovePhase } from '../../operations/remove-phases.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import { observedHosts } from '../../planning/plan.js'
import { unlistedHosts } from '../../planning/remove/leaving.js'
import { planRemoval, type RemovalPlan } from '../../planning/remove/plan.js'
import { failPreflight } from '../run/failure.js'
import { withLocks } from '../run/hold-hosts.js'
import { lookAtCluster, lookAtHosts, type Looked } from '../run/inspect.js'
import { reviewed, unlessDeclined } from '../run/review.js'
import type { Run } from '../run/run.js'

/** What is known of the cluster, and of the hosts that its file no longer has. */
interface Seen {
  readonly looked: Looked
  readonly presence: ClusterPresence
  readonly unlisted: Pick<Looked, 'facts' | 'unanswered'>
}

/** Asks the cluster, and those of the hosts that leave which only the cluster knows. */
export async function seeCluster(run: Run<PlanPhase>, looked: Looked, request: RemoveRequest): Promise<Seen> {
  const presence = await lookAtCluster(run, looked)
  const hosts = unlistedHosts(looked.file, presence, request)
  const unlisted =
    hosts.length === 0 ? { facts: [], unanswered: [] } : await lookAtHosts(run, { ...looked.file, hosts })
  return { looked, presence, unlisted }
}

/** The plan of the removal as things stand. */
export function planOf({ looked, presence, unlisted }: Seen, request: RemoveRequest): RemovalPlan {
  return planRemoval(
    looked.file,
    [...looked.facts, ...unlisted.facts],
    { presence, unanswered: [...looked.unanswered, ...unlisted.unanswered] },
    request,
  )
}

/**
 * Locks every host that answered while `act` carries out the approved plan, including those that the file no longer
 * has. Problems stop the removal before anything is changed.
 */
export async function holdingForRemoval<Result>(
  run: Run<RemovePhase>,
  input: OperationInput<'remove'>,
  request: RemoveRequest,
  act: (plan: RemovalPlan) => Promise<Result>,
): Promise<Result> {
  const looked = await lookAtHosts(run, input.cluster)
  // What answers at the address of a dead host is another machine, or the removal is refused.
  const isAlive = ({ name }: Host) => !request.dead.includes(name)
  const alive = { ...looked.file, hosts: looked.file.hosts.filter(isAlive) }
  return holdingAnswered(run, alive, looked.facts, async () => {
    const seen = await seeCluster(run, looked, request)
    const hosts = unlistedHosts(looked.file, seen.presence, request).filter(isAlive)
    return holdingAnswered(run, { ...looked.file, hosts }, seen.unlisted.facts, async () =>
      act(await reviewedPlan(run, input, request, seen)),
    )
  })
}

/** Locks those of the hosts that answered while `act` runs. */
export function holdingAnswered<Result>(
  run: Run<'lock-hosts'>,
  cluster: Cluster,
  facts: readonly HostFacts[],
  act: () => Promise<Result>,
): Promise<Result> {
  const observed = observedHosts(cluster, facts)
  const hosts = observed.map(({ host }) => host)
  const first = firstToLock(cluster, observed) ?? hosts[0]
  return first === undefined ? act() : withLocks(run, { ...cluster, hosts }, first, act)
}

/** A control plane that serves, as other operations have it. */
function firstToLock(cluster: Cluster, observed: ReturnType<typeof observedHosts>): Host | undefined {
  if (hostsWithRole(cluster, 'control-plane').length === 0) return undefined
  return servingControlPlanes(cluster, observed)[0]
}

/** Returns the plan to act on: approved, and still current. */
async function reviewedPlan(
  run: Run<RemovePhase>,
  { review, cluster }: OperationInput<'remove'>,
  request: RemoveRequest,
  first: Seen,
): Promise<RemovalPlan> {
  return reviewed(run, {
    first,
    facts: first.looked.facts,
    look: async () => seeCluster(run, await lookAtHosts(run, cluster), request),
    plan: (seen) => checked(run, seen, request),
    changesOf: unlessDeclined(review),
  })
}

function checked(run: Run<RemovePhase>, seen: Seen, request: RemoveRequest): RemovalPlan {
  const plan = planOf(seen, request)
  const { problems, staying, warnings } = plan
  if (problems.length > 0) throw failPreflight(problems)
  if (staying !== undefined) run.setVersion(staying.cluster.kubernetes.version)
  run.warn(...warnings)
  return plan
}
