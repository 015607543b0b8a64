/** Whether anything is under way on the engine's server. */
import { clusterOfWorkflow } from '../operations/workflow-id.js'
import { Connection } from '@temporalio/client'

const TIMEOUT_MS = 5_000
const OPEN = { namespace: 'default', query: "ExecutionStatus = 'Running'" }

/** Whether an operation is open. A server that does not answer in time counts as busy with one. */
export async function hasOpenOperation(address: string): Promise<boolean> {
  const count = await asking(address, ({ workflowService }) => workflowService.countWorkflowExecutions(OPEN))
  return count === undefined || Number(count.count) > 0
}

/** Names of the clusters with an open operation; empty if the server does not answer in time. */
export async function openClusters(address: string): Promise<readonly string[]> {
  const found = await asking(address, ({ workflowService }) => workflowService.listWorkflowExecutions(OPEN))
  const clusters = (found?.executions ?? []).flatMap(
    ({ execution }) => clusterOfWorkflow(execution?.workflowId) ?? [],
  )
  return [...new Set(clusters)].toSorted()
}

/** What the server says; undefined where it does not answer in time. */
async function asking<Answer>(
  address: string,
  ask: (connection: Connection) => Promise<Answer>,
): Promise<Answer | undefined> {
  const connection = Connection.lazy({ address })
  try {
    return await connection.withDeadline(Date.now() + TIMEOUT_MS, () => ask(connection))
  } catch {
    return undefined
  } finally {
    await connection.close()
  }
}
