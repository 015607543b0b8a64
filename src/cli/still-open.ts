/** Whether an operation that holds hosts is still open on the Temporal server in reach. */
import type { Quorate } from '../client.js'
import type { LockedHost } from '../client/over-ssh.js'
import type { Context } from './context.js'

/** False as well if no server answers: hosts can be unlocked without Temporal, so no engine is started for this. */
export async function holdsWhileOpen(
  context: Context,
  cluster: string,
  locked: readonly LockedHost[],
): Promise<boolean> {
  const [{ hasServer }, { withClient }] = await Promise.all([
    import('../client/server.js'),
    import('./open-operation.js'),
  ])
  if (!hasServer(context.temporal)) return false
  return withClient(context, 'look', (client) => isStillOpen(client, cluster, locked)).catch(() => false)
}

/** Whether the latest run of the cluster is open, and holds one of the hosts. */
export async function isStillOpen(
  client: Pick<Quorate, 'isRunning' | 'operation'>,
  cluster: string,
  locked: readonly LockedHost[],
): Promise<boolean> {
  if (!(await client.isRunning(cluster))) return false
  const { runId, workflowId } = await client.operation(cluster)
  // A lock has the beginning of the run's id.
  return locked.some((lock) => lock.workflowId === workflowId && runId.startsWith(lock.operation))
}
