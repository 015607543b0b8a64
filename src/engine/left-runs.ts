/** Runs that only a worker of another release can go on with: if ours replaced it, they would have none. */
import { Connection } from '@temporalio/client'
import { TASK_QUEUE } from '../operations/task-queue.js'
import { clusterOfWorkflow } from '../operations/workflow-id.js'
import { QuorateError } from '../errors/index.js'
import { VERSION, versionOfWorker } from '../temporal/installation.js'
import { callServer } from '../temporal/service-error.js'

const NAMESPACE = 'default'
const MAX_RUNS = 50

/**
 * Refuses to replace the worker with this pid while there are open runs that only it can go on with. Those are runs on
 * a task queue that it polls and that is not ours.
 * @throws QuorateError `ENGINE_IN_USE`
 */
export async function refuseToLeaveRuns(address: string, workerPid: number): Promise<void> {
  const connection = await Connection.connect({ address })
  try {
    await callServer(address, () => refuseIfPolled(connection, workerPid))
  } finally {
    await connection.close()
  }
}

async function refuseIfPolled(connection: Connection, workerPid: number): Promise<void> {
  const { executions } = await connection.workflowService.listWorkflowExecutions({
    namespace: NAMESPACE,
    query: `ExecutionStatus = 'Running' AND TaskQueue != '${TASK_QUEUE}'`,
    pageSize: MAX_RUNS,
  })
  const queues = new Map<string, string | undefined>()
  const left: string[] = []
  for (const { execution, taskQueue } of executions) {
    const cluster = clusterOfWorkflow(execution?.workflowId)
    if (taskQueue == null || cluster === undefined) continue
    if (!queues.has(taskQueue)) queues.set(taskQueue, await pollerOf(connection, taskQueue, workerPid))
    if (queues.get(taskQueue) !== undefined) left.push(cluster)
  }
  const [worker] = [...queues.values()].filter((identity) => identity !== undefined)
  if (worker !== undefined && left.length > 0) throw inUse(worker, [...new Set(left)])
}

/** The identity under which the process polls the queue; undefined where it does not. */
async function pollerOf(connection: Connection, taskQueue: string, pid: number): Promise<string | undefined> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace: NAMESPACE,
    taskQueue: { name: taskQueue },
  })
  return pollers.find(({ identity }) => identity?.endsWith(`:${pid}`))?.identity ?? undefined
}

function inUse(worker: string, clusters: readonly string[]): QuorateError {
  const version = versionOfWorker(worker)
  const release = version === undefined ? 'another release' : `Quorate ${version}`
  const program = version === undefined ? 'its `quorate' : `\`npx quorate@${version}`
  const names = clusters.join(', ')
  const [first = ''] = clusters
  return new QuorateError(
    'ENGINE_IN_USE',
    `the engine's worker is of ${release} and still has runs that this release (${VERSION}) cannot go on with: ${names}`,
    {
      hint: `let them end first (${program} attach ${first}\`, ${program} resume ${first}\`), or end them with \`quorate cancel --force ${first}\``,
    },
  )
}
