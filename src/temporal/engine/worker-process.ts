/** The engine's worker: the same code as this command, in a process of its own. */
import { Connection } from '@temporalio/client'
import { QuorateError } from '../../errors/index.js'
import { TASK_QUEUE } from '../../cluster/operation.js'
import { poll } from '../poll.js'
import { quorateInvocation, workerIdentity } from '../runtime.js'
import type { EngineHome } from './home.js'
import { isAlive, lastLines, startDetached, type ProcessIdentity } from './process.js'

const READY_TIMEOUT_MS = 60_000
const POLL_MS = 100
/** Bytes that the name of a Unix socket may have, on the most sparing system. */
const LONGEST_SOCKET_PATH = 103

/** Starts a worker for the server at this address; {@link waitUntilPolling} tells when it is of use. */
export function startWorker(home: EngineHome, address: string): Promise<ProcessIdentity> {
  const { command, args } = quorateInvocation()
  return startDetached(
    { command, args: [...args, 'worker', '--engine', '--address', address] },
    { environment: workerEnvironment(home), folder: home.folder, log: home.workerLog },
  )
}

/**
 * Waits until the worker takes work.
 * @throws QuorateError `ENGINE_FAILED` with the end of its log when it ends instead, or takes a minute.
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

/**
 * The caller's environment, with the agent by its link; without settings for other Temporal servers, and without
 * what debuggers put into NODE_OPTIONS for the caller alone.
 */
function workerEnvironment(home: EngineHome): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TEMPORAL_') && name !== 'NODE_OPTIONS',
  )
  const environment = { ...Object.fromEntries(inherited), QUORATE_HOME: home.folder }
  const isUsable = Buffer.byteLength(home.agent) <= LONGEST_SOCKET_PATH
  return isUsable ? { ...environment, SSH_AUTH_SOCK: home.agent } : environment
}
