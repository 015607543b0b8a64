/** Tries whether notifications arrive: from where the worker runs, with the secrets that it has. */
import { randomUUID } from 'node:crypto'
import { TimeoutFailure, WorkflowFailedError, type Client } from '@temporalio/client'
import type { Cluster } from '../../cluster/model.js'
import { destinationTitle } from '../../cluster/notifications.js'
import { QuorateError, type ErrorReport } from '../../errors/index.js'
import {
  deliveriesOf,
  NOTIFIER,
  type Delivered,
  type Delivery,
} from '../../operations/notifications/delivery.js'
import { testEvent } from '../../operations/notifications/events.js'
import { TASK_QUEUE } from '../../operations/task-queue.js'
import { expectOfRun } from '../../temporal/seal/payloads.js'
import { reportWorkflowFailure } from '../failure.js'

/** Longer than an attempt takes; without a worker, nobody makes one. */
const PATIENCE = '2m'

/** What became of a test event. */
export interface TestedNotification {
  /** The destination, e.g. `webhook alerts.example.com`. */
  readonly to: string
  /** E.g. `answered 204`; missing if there is an error. */
  readonly answer?: string
  readonly error?: ErrorReport
}

/** Sends a test event to each destination of the cluster file, once. */
export function testNotifications(client: Client, cluster: Cluster): Promise<readonly TestedNotification[]> {
  const id = randomUUID()
  const event = { version: 1 as const, id, time: new Date().toISOString(), ...testEvent(cluster.name) }
  const deliveries = deliveriesOf(cluster.notifications ?? [], event)
  return Promise.all(deliveries.map((delivery) => deliver(client, delivery)))
}

async function deliver(client: Client, { workflowId, to, event }: Delivery): Promise<TestedNotification> {
  const title = destinationTitle(to)
  try {
    const handle = await client.workflow.start(NOTIFIER, {
      workflowId,
      taskQueue: TASK_QUEUE,
      args: [{ to, event }],
      workflowExecutionTimeout: PATIENCE,
    })
    const result = (await handle.result()) as Delivered
    const what = `the answer of ${title}`
    return { to: title, answer: expectOfRun(client, result, handle.firstExecutionRunId, what).answer }
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error
    return { to: title, error: reportOf(error) }
  }
}

function reportOf(error: WorkflowFailedError): ErrorReport {
  if (!(error.cause instanceof TimeoutFailure)) return reportWorkflowFailure(error)
  return new QuorateError('NO_WORKER', 'no worker has sent it').report()
}
