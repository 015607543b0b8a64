/** Whether anything is under way on the engine's server. */
import { Connection } from '@temporalio/client'

const TIMEOUT_MS = 5_000

/** Whether an operation is open. A server that does not answer in time counts as busy with one. */
export async function hasOpenOperation(address: string): Promise<boolean> {
  const connection = Connection.lazy({ address })
  try {
    const { count } = await connection.withDeadline(Date.now() + TIMEOUT_MS, () =>
      connection.workflowService.countWorkflowExecutions({
        namespace: 'default',
        query: "ExecutionStatus = 'Running'",
      }),
    )
    return Number(count) > 0
  } catch {
    return true
  } finally {
    await connection.close()
  }
}
