/** Planning: what an apply would do, and what would stop it. Changes nothing. */
import { planApply } from '../planning/plan.js'
import { defineOperation } from './run/define-operation.js'
import { lookAtCluster, lookAtHosts } from './run/inspect.js'
import { plannedAsUpgrade } from './upgrade-planning.js'

/** Workflow: the plan of an apply of `input.cluster` as things stand. */
export const planCluster = defineOperation('plan', async (run, input) => {
  const looked = await lookAtHosts(run, input.cluster)
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
