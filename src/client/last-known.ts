/** What the history of a run tells about each host, for a run whose worker can no longer be asked. */
import { readActivityId } from './activity-id.js'
import type { Client, WorkflowHandle } from '@temporalio/client'
import type { RunReference } from './run-reference.js'

/** The last step of a run on a host. */
export interface LastKnown {
  readonly host: string
  /** Such as `kubeadm join`. */
  readonly step: string
  /** `running`: started, and not known to have ended. */
  readonly state: 'running' | 'done' | 'failed'
}

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number]

/** By the name of the host. */
export async function readLastKnown(
  client: Client,
  { workflowId, runId }: RunReference,
): Promise<readonly LastKnown[]> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory()
  return lastKnownIn(events ?? [])
}

/** As {@link readLastKnown}, sorted by host name. A step that still runs takes precedence over one that ended later. */
export function lastKnownIn(events: readonly HistoryEvent[]): readonly LastKnown[] {
  const steps = new Map<string, LastKnown>()
  for (const event of events) {
    const begun = beginOf(event)
    if (begun !== undefined) steps.set(String(event.eventId), begun)
    const ended = endOf(event)
    const known = steps.get(ended?.scheduled ?? '')
    if (ended === undefined || known === undefined) continue
    // Keep steps in the order in which they last changed.
    steps.delete(ended.scheduled)
    steps.set(ended.scheduled, { ...known, state: ended.state })
  }
  const last = new Map<string, LastKnown>()
  for (const known of steps.values()) {
    if (last.get(known.host)?.state !== 'running' || known.state === 'running') last.set(known.host, known)
  }
  return [...last.values()].toSorted((a, b) => a.host.localeCompare(b.host, 'en', { numeric: true }))
}

function beginOf({ activityTaskScheduledEventAttributes }: HistoryEvent): LastKnown | undefined {
  const named = readActivityId(activityTaskScheduledEventAttributes?.activityId)
  return named === undefined ? undefined : { ...named, state: 'running' }
}

function endOf(event: HistoryEvent): { scheduled: string; state: 'done' | 'failed' } | undefined {
  const completed = event.activityTaskCompletedEventAttributes
  if (completed != null) return { scheduled: String(completed.scheduledEventId), state: 'done' }
  const failed =
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes
  return failed == null ? undefined : { scheduled: String(failed.scheduledEventId), state: 'failed' }
}
