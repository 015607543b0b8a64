/** How long a run takes to continue after a part of the engine died, as Temporal sees it. */
import { Client, Connection } from '@temporalio/client'
import { expect } from 'vitest'
import { operationWorkflowId } from '../../../../src/operations/workflow-id.js'
import type { Fleet } from '../../../support/fleet.js'

const POLL_MS = 100

/** Waits until a process with another pid runs as this part of the engine; the follower of the run starts it. */
export async function restarted(fleet: Fleet, part: 'worker' | 'server', killed: number): Promise<number> {
  await expect.poll(() => fleet.engine()[part]?.pid, { interval: POLL_MS, timeout: 60_000 }).not.toBe(killed)
  return Date.now()
}

/**
 * Milliseconds from `since` to the next sign of life of an activity: an attempt that began, a heartbeat, or an end in
 * the history.
 */
export async function progressAfter(fleet: Fleet, since: number): Promise<number> {
  await expect
    .poll(() => hasProgress(fleet, since).catch(() => false), { interval: POLL_MS, timeout: 60_000 })
    .toBe(true)
  return Date.now() - since
}

async function hasProgress(fleet: Fleet, since: number): Promise<boolean> {
  const connection = await Connection.connect({ address: `127.0.0.1:${fleet.engine().port}` })
  try {
    const handle = new Client({ connection }).workflow.getHandle(operationWorkflowId(fleet.name))
    const { raw } = await handle.describe()
    const signs = (raw.pendingActivities ?? []).flatMap((one) => [one.lastStartedTime, one.lastHeartbeatTime])
    if (signs.some((time) => milliseconds(time) > since)) return true
    const { events } = await handle.fetchHistory()
    return (events ?? []).some(
      (event) => event.activityTaskCompletedEventAttributes != null && milliseconds(event.eventTime) > since,
    )
  } finally {
    await connection.close()
  }
}

function milliseconds(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6
}
