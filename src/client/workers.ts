/** Which workers poll a task queue. */
import type { Client } from '@temporalio/client'
import { TASK_QUEUE } from '../operations/task-queue.js'

/** A worker polls at least once a minute; one that has not polled for longer is gone or hangs. */
const RECENT_MS = 75_000

/** A worker that polled recently. */
export interface PollingWorker {
  /** In the format of its own release, such as `quorate-0.1.0@host:4711`. */
  readonly identity: string
  /** Milliseconds since its last poll began. */
  readonly lastPollAgoMs: number
}

/** The workers that polled the queue within the last minute or so. The server remembers workers that have ended. */
export async function pollingWorkers(
  client: Client,
  taskQueue: string = TASK_QUEUE,
): Promise<readonly PollingWorker[]> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
  })
  const now = Date.now()
  return pollers
    .map(({ identity, lastAccessTime }) => ({
      identity: identity ?? 'unnamed',
      lastPollAgoMs: now - Number(lastAccessTime?.seconds ?? 0) * 1000,
    }))
    .filter(({ lastPollAgoMs }) => lastPollAgoMs < RECENT_MS)
}
