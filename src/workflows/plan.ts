/** Planning: what an apply would do, and what would stop it. Changes nothing. */
import { isCancellation } from '@temporalio/workflow'
import type { OperationInput, PlanResult } from '../cluster/operation.js'
import { planApply } from '../cluster/plan.js'
import { failWith, reportFailure } from './failure.js'
import { inspect } from './inspect.js'
import { Operation } from './operation.js'

/** Workflow: the plan of an apply of `input.cluster` as things stand. */
export async function planCluster(input: OperationInput): Promise<PlanResult> {
  const run = new Operation('plan', input, ['Facts'])
  try {
    const { cluster, facts, unanswered } = await inspect(run, input.cluster)
    const { changes, findings, problems, warnings } = planApply(cluster, facts)
    run.warn(...warnings)
    run.end()
    return {
      kubernetesVersion: cluster.kubernetes.version,
      changes,
      problems: [...unanswered, ...problems],
      warnings,
      findings: [...unanswered.map((report) => ({ severity: 'error', ...report }) as const), ...findings],
    }
  } catch (error) {
    run.end(error)
    if (isCancellation(error)) throw error
    throw failWith([reportFailure(error)])
  }
}
