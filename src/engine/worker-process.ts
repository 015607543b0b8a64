/** The engine's worker: the same code as this command, in a process of its own. */
import { Connection } from '@temporalio/client'
import { QuorateError } from '../errors/index.js'
import { TASK_QUEUE } from '../operations/task-queue.js'
import { poll } from '../temporal/poll.js'
import { quorateInvocation, workerIdentity } from '../temporal/installation.js'
import { workerEnvironment } from './environment.js'
import type { EngineHome } from './home.js'
import { lastLines } from './logs.js'
import { isAlive, startDetached, type ProcessIdentity } from './process.js'

const READY_TIMEOUT_MS = 60_000
const POLL_MS = 100

/** Starts a worker for the server at this address; {@link waitUntilPolling} tells when it can be used. */
export function startWorker(home: EngineHome, address: string): Promise<ProcessIdentity> {
  const { command, args } = quorateInvocation()
  return startDetached(
    { command, args: [...args, 'worker', '--engine', '--address', address] },
    { environment: workerEnvironment(home), folder: home.folder, log: home.workerLog },
  )
}

/**
 * Waits until the worker takes work.
 * @throws QuorateError `ENGINE_FAILED` with the end of its log when it ends instead, or takes no work within a minute.
 */
export async function waitUntilPolling(
  home: EngineHome,
  worker: ProcessIdentity,
  address: string,
): Promise<void> {
  const connection = await Connection.connect({ address })
  const identity = workerIdentity(worker.pid)
  try {
    const answer = await poll(
      async () => {
        if (!isAlive(worker)) return 'ended'
        return (await polls(connection, identity)) ? 'polls' : undefined
      },
      { everyMs: POLL_MS, timeoutMs: READY_TIMEOUT_MS },
    )
    if (answer === 'polls') return
    const what =
      answer === 'ended' ? 'ended while it started' : `is not ready after ${READY_TIMEOUT_MS / 1000} s`
    throw new QuorateError('ENGINE_FAILED', `the worker ${what}`, { output: lastLines(home.workerLog, 15) })
  } finally {
    await connection.close()
  }
}

async function polls(connection: Connection, identity: string): Promise<boolean> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace: 'default',
    taskQueue: { name: TASK_QUEUE },
  })
  return pollers.some((poller) => poller.identity === identity)
}
