/** The latest apply of each cluster, as the server knows it. */
import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client'
import { kindOfWorkflow } from '../operations/registry.js'
import { clusterOfWorkflow, HOLDS_CLUSTER, operationWorkflowId } from '../operations/workflow-id.js'
import type { OperationSummary } from './operation.js'
import type { Server } from './server.js'
import { defined } from '../values/defined.js'

/** The latest apply of a cluster; undefined if there is none. */
export async function latestApply(
  server: Server,
  clusterName: string,
): Promise<WorkflowExecutionDescription | undefined> {
  const handle = server.temporal.workflow.getHandle(operationWorkflowId(clusterName))
  try {
    return await server.call(() => handle.describe())
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
}

/** The latest apply of a cluster if it is open. */
export async function openApply(
  server: Server,
  clusterName: string,
): Promise<WorkflowExecutionDescription | undefined> {
  const latest = await latestApply(server, clusterName)
  return latest?.status.name === 'RUNNING' ? latest : undefined
}

/** Newest first. */
export async function latestApplies(server: Server): Promise<readonly OperationSummary[]> {
  const latest = new Map<string, OperationSummary>()
  await server.call(async () => {
    const runs = server.temporal.workflow.list({ query: HOLDS_CLUSTER })
    for await (const { type, workflowId, runId, status, startTime, closeTime } of runs) {
      const known = latest.get(workflowId)
      if (known !== undefined && known.startedAt >= startTime) continue
      latest.set(workflowId, {
        cluster: clusterOfWorkflow(workflowId) ?? workflowId,
        kind: kindOfWorkflow(type) ?? 'apply',
        runId,
        status: status.name,
        startedAt: startTime,
        ...defined({ closedAt: closeTime }),
      })
    }
  })
  return [...latest.values()].sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
}
