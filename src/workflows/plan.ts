/** Planning: what an apply would do, and what would stop it. Changes nothing. */
import type { PlanRequest, RemoveRequest } from '../operations/input.js'
import type { PlanPhase } from '../operations/plan-phases.js'
import type { PlanResult } from '../operations/results.js'
import { planApply } from '../planning/plan.js'
import { plannedAsDefragmentation } from './defragment/planning.js'
import { plannedAsReboot } from './reboot/planning.js'
import { planOf, seeCluster } from './remove/planning.js'
import { plannedAsRebuild } from './rebuild/planning.js'
import { plannedAsRenewal } from './renew/planning.js'
import { plannedAsReplacement } from './replace/planning.js'
import { plannedAsRestore } from './restore/planning.js'
import { plannedAsReset } from './reset/planning.js'
import { defineOperation } from './run/define-operation.js'
import { lookAtCluster, lookAtHosts, type Looked } from './run/inspect.js'
import type { Run } from './run/run.js'
import { plannedAsSnapshot } from './snapshot/planning.js'
import { plannedAsUpdate } from './update-hosts/planning.js'
import { plannedAsUpgrade } from './upgrade/planning.js'

/** The plan of what is asked for, by the part of the request that asks for it. */
const PLANS: {
  readonly [Part in keyof PlanRequest]-?: (
    run: Run<PlanPhase>,
    looked: Looked,
    request: NonNullable<PlanRequest[Part]>,
  ) => Promise<PlanResult>
} = {
  reboot: plannedAsReboot,
  rebuild: plannedAsRebuild,
  remove: planRemoval,
  renew: plannedAsRenewal,
  replace: plannedAsReplacement,
  reset: plannedAsReset,
  defragment: plannedAsDefragmentation,
  restore: plannedAsRestore,
  snapshot: plannedAsSnapshot,
  'update-hosts': plannedAsUpdate,
  upgrade: plannedAsUpgrade,
}

/** Workflow: the plan of an apply of `input.cluster` as things stand, or of what `input.request` asks for. */
export const planCluster = defineOperation('plan', async (run, input) => {
  const looked = await lookAtHosts(run, input.cluster)
  const { request = {} } = input
  const asked = (Object.keys(PLANS) as (keyof PlanRequest)[]).find((part) => request[part] !== undefined)
  return asked === undefined ? planOfApply(run, looked) : planOfPart(run, looked, request, asked)
})

function planOfPart(
  run: Run<PlanPhase>,
  looked: Looked,
  request: PlanRequest,
  part: keyof PlanRequest,
): Promise<PlanResult> {
  // The part of a request fits the plan of that part.
  const plan: (run: Run<PlanPhase>, looked: Looked, asked: never) => Promise<PlanResult> = PLANS[part]
  return plan(run, looked, request[part] as never)
}

async function planOfApply(run: Run<PlanPhase>, looked: Looked): Promise<PlanResult> {
  const presence = await lookAtCluster(run, looked)
  const { cluster, changes, findings, problems, warnings } = planApply(looked.file, looked.facts, {
    ...looked,
    presence,
  })
  run.setVersion(cluster.kubernetes.version)
  run.warn(...warnings)
  return { kubernetesVersion: cluster.kubernetes.version, changes, problems, warnings, findings }
}

async function planRemoval(run: Run<PlanPhase>, looked: Looked, request: RemoveRequest): Promise<PlanResult> {
  const { staying, changes, problems, warnings } = planOf(await seeCluster(run, looked, request), request)
  const { version } = (staying?.cluster ?? looked.file).kubernetes
  run.setVersion(version)
  run.warn(...warnings)
  return { kubernetesVersion: version, changes, problems, warnings }
}
