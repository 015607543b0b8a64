/** Planning: what an apply would do, and what would stop it. Changes nothing. */
import type { RemoveRequest } from '../operations/input.js'
import type { PlanPhase } from '../operations/plan-phases.js'
import type { PlanResult } from '../operations/results.js'
import { planApply } from '../planning/plan.js'
import { plannedAsDefragmentation } from './defragment/planning.js'
import { planOf, seeCluster } from './remove/planning.js'
import { plannedAsRenewal } from './renew/planning.js'
import { plannedAsReplacement } from './replace/planning.js'
import { plannedAsRestore } from './restore/planning.js'
import { plannedAsReset } from './reset/planning.js'
import { defineOperation } from './run/define-operation.js'
import { lookAtCluster, lookAtHosts, type Looked } from './run/inspect.js'
import type { Run } from './run/run.js'
import { plannedAsSnapshot } from './snapshot/planning.js'
import { plannedAsUpgrade } from './upgrade/planning.js'

/** Workflow: the plan of an apply of `input.cluster` as things stand, or of what `input.request` asks for. */
export const planCluster = defineOperation('plan', async (run, input) => {
  const looked = await lookAtHosts(run, input.cluster)
  const removal = input.request?.remove
  if (removal !== undefined) return planRemoval(run, looked, removal)
  if (input.request?.renew !== undefined) return plannedAsRenewal(run, looked, input.request.renew)
  if (input.request?.replace !== undefined) return plannedAsReplacement(run, looked, input.request.replace)
  if (input.request?.reset !== undefined) return plannedAsReset(run, looked, input.request.reset)
  if (input.request?.defragment !== undefined) return plannedAsDefragmentation(run, looked)
  if (input.request?.restore !== undefined) return plannedAsRestore(run, looked, input.request.restore)
  if (input.request?.snapshot !== undefined) return plannedAsSnapshot(run, looked)
  if (input.request?.upgrade !== undefined) return plannedAsUpgrade(run, looked, input.request.upgrade)
  const presence = await lookAtCluster(run, looked)
  const { cluster, changes, findings, problems, warnings } = planApply(looked.file, looked.facts, {
    ...looked,
    presence,
  })
  run.setVersion(cluster.kubernetes.version)
  run.warn(...warnings)
  return { kubernetesVersion: cluster.kubernetes.version, changes, problems, warnings, findings }
})

async function planRemoval(run: Run<PlanPhase>, looked: Looked, request: RemoveRequest): Promise<PlanResult> {
  const { staying, changes, problems, warnings } = planOf(await seeCluster(run, looked, request), request)
  const { version } = (staying?.cluster ?? looked.file).kubernetes
  run.setVersion(version)
  run.warn(...warnings)
  return { kubernetesVersion: version, changes, problems, warnings }
}
