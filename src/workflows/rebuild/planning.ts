/** From the first look to the rebuild: hosts are locked, the archive is read, and everything that could refuse it is asked. */
import { narrow } from '../../cluster/model.js'
import { observedHosts } from '../../planning/plan.js'
import { firstControlPlane } from '../../facts/first-control-plane.js'
import type { OperationInput } from '../../operations/input.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { RebuildPhase } from '../../operations/rebuild/phases.js'
import type { RebuildRequest } from '../../operations/rebuild/request.js'
import { isRestoreConfirmed } from '../../operations/restore/request.js'
import type { PlanResult } from '../../operations/results.js'
import { planRebuild, withoutWorkers, type RebuildPlan } from '../../planning/rebuild/plan.js'
import { notConfirmed } from '../restore/planning.js'
import { activities } from '../run/activity-policies.js'
import { failPreflight, failWith } from '../run/failure.js'
import { withLocks } from '../run/hold-hosts.js'
import { lookAtHosts, type Looked } from '../run/inspect.js'
import { planned } from '../run/planned.js'
import type { Run } from '../run/run.js'

/** What a plan says of a rebuild. */
export async function plannedAsRebuild(
  run: Run<PlanPhase>,
  looked: Looked,
  request: RebuildRequest,
): Promise<PlanResult> {
  return planned(run, await makePlan(looked, request))
}

/** Locks the hosts while `act` carries out the plan. Its confirmation is part of the request. */
export async function holdingForRebuild<Result>(
  run: Run<RebuildPhase>,
  { cluster: file }: OperationInput<'rebuild'>,
  request: RebuildRequest,
  act: (plan: RebuildPlan, looked: Looked) => Promise<Result>,
): Promise<Result> {
  if (!isRestoreConfirmed(file, request)) throw failWith([notConfirmed(file)])
  const looked = { ...(await lookAtHosts(run, withoutWorkers(file))), file }
  const cluster = withoutWorkers(file)
  if (looked.unanswered.length > 0) throw failPreflight(looked.unanswered)
  const hosts = observedHosts(cluster, looked.facts).map(({ host, facts }) => ({
    ...host,
    machineId: facts.machineId,
  }))
  const first = firstControlPlane(cluster, observedHosts(cluster, looked.facts))
  return withLocks(
    run,
    { ...cluster, hosts },
    hosts.find(({ name }) => name === first.name) ?? first,
    async () => {
      const plan = await makePlan(looked, request)
      run.setVersion(plan.cluster.kubernetes.version)
      if (plan.problems.length > 0) throw failPreflight(plan.problems)
      run.warn(...plan.warnings)
      return act(plan, looked)
    },
  )
}

async function makePlan(looked: Looked, request: RebuildRequest): Promise<RebuildPlan> {
  const { file, facts } = looked
  const cluster = withoutWorkers(file)
  const first = firstControlPlane(cluster, observedHosts(cluster, facts))
  const archived = await activities('kubeadm', `${first.name}: read the archive`).lookAtArchive(
    narrow(cluster, first),
    first,
    { archive: request.archive, identity: request.identity },
  )
  return planRebuild(file, looked, archived, request)
}
