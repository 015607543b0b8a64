/** Notifications that nobody has got. */
import type { Client } from '@temporalio/client'
import { deliveryOf, NOTIFIER } from '../../operations/notifications/delivery.js'
import { reportWorkflowFailure } from '../failure.js'

const DAY_MS = 24 * 3_600_000

/** What was given up is told for so long. */
const TOLD_MS = 7 * DAY_MS

/** What has been tried for less than this may just have been sent. */
const LATE_MS = 10 * 60_000

/** Only so many are looked at, the newest. */
const MAX_RUNS = 50

/** A notification that did not arrive. */
interface UndeliveredNotification {
  readonly cluster: string
  /** What was to be told, e.g. `parked`. */
  readonly event: string
  /** To which entry of `spec.notifications`, counted from 1. */
  readonly entry: number
  /** Milliseconds since the epoch: when it happened. */
  readonly at: number
  /** False: it is still tried. */
  readonly isGivenUp: boolean
  /** Why it was given up, if the server still knows. */
  readonly reason?: string
}

/** Those of all clusters: given up within the last week, or tried for some time; the newest first. Tests do not count. */
export async function undeliveredNotifications(
  client: Client,
  now: number = Date.now(),
): Promise<readonly UndeliveredNotification[]> {
  const since = new Date(now - TOLD_MS).toISOString()
  const late = new Date(now - LATE_MS).toISOString()
  const query =
    `WorkflowType = '${NOTIFIER}' AND ((ExecutionStatus IN ('Failed', 'TimedOut') AND CloseTime > '${since}') ` +
    `OR (ExecutionStatus = 'Running' AND StartTime < '${late}'))`
  const found: UndeliveredNotification[] = []
  for await (const { workflowId, runId, status, startTime } of client.workflow.list({ query })) {
    const delivery = deliveryOf(workflowId)
    if (delivery === undefined || delivery.event === 'test') continue
    const isGivenUp = status.name !== 'RUNNING'
    const reason = isGivenUp ? { reason: await reasonOf(client, workflowId, runId) } : {}
    found.push({ ...delivery, at: startTime.getTime(), isGivenUp, ...reason })
    if (found.length === MAX_RUNS) break
  }
  return found
}

async function reasonOf(client: Client, workflowId: string, runId: string): Promise<string> {
  try {
    await client.workflow.getHandle(workflowId, runId).result()
    return ''
  } catch (error) {
    return reportWorkflowFailure(error).message
  }
}
