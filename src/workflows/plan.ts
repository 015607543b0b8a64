/** Planning: what an apply would do, and what would stop it. Changes nothing. */
import { isCancellation } from '@temporalio/workflow'
import type { OperationInput } from '../operations/input.js'
import type { PlanResult } from '../operations/results.js'
import { planApply } from '../planning/plan.js'
import { failWith, reportFailure } from './run/failure.js'
import { lookAtCluster, lookAtHosts } from './run/inspect.js'
import { Operation } from './run/run.js'

/** Workflow: the plan of an apply of `input.cluster` as things stand. */
export async function planCluster(input: OperationInput): Promise<PlanResult> {
  const run = new Operation('plan', input, ['Facts', 'Running cluster'])
  try {
    const looked = await lookAtHosts(run, input.cluster)
    const presence = await lookAtCluster(run, looked)
    const { cluster, changes, findings, problems, warnings } = planApply(looked.file, looked.facts, {
      ...looked,
      presence,
    })
    run.setVersion(cluster.kubernetes.version)
    run.warn(...warnings)
    run.end()
    return { kubernetesVersion: cluster.kubernetes.version, changes, problems, warnings, findings }
  } catch (error) {
    run.end(error)
    if (isCancellation(error)) throw error
    throw failWith([reportFailure(error)])
  }
}
