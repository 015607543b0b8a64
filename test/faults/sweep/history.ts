/** What a run's history tells: its activities, which are the sweep's boundaries, and when it continued after a restart. */
import { defaultPayloadConverter, type WorkflowHandle } from '@temporalio/client'

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>
type Event = NonNullable<History['events']>[number]

/** Names activities in the order in which they appear: `joinWorker/w1`, then `…#2` for the second on that host. */
export class BoundaryNames {
  private readonly names = new Map<string, string>()
  private readonly counts = new Map<string, number>()

  /** The same id always gets the same name. */
  of(type: string, host: string, activityId: string): string {
    const known = this.names.get(activityId)
    if (known !== undefined) return known
    const base = host === '' ? type : `${type}/${host}`
    const count = (this.counts.get(base) ?? 0) + 1
    this.counts.set(base, count)
    const name = count === 1 ? base : `${base}#${count}`
    this.names.set(activityId, name)
    return name
  }
}

/** The boundaries of a run, in the order in which their activities were scheduled. */
export function boundariesOf(history: History): readonly string[] {
  const names = new BoundaryNames()
  return (history.events ?? []).flatMap((event) => {
    const scheduled = event.activityTaskScheduledEventAttributes
    if (scheduled === null || scheduled === undefined) return []
    const args = (scheduled.input?.payloads ?? []).map((payload) =>
      defaultPayloadConverter.fromPayload(payload),
    )
    return [names.of(scheduled.activityType?.name ?? '', hostOf(args), scheduled.activityId ?? '')]
  })
}

function hostOf(args: readonly unknown[]): string {
  const isHost = (value: unknown): value is { name: string } =>
    typeof value === 'object' && value !== null && 'name' in value && 'address' in value
  return args.find(isHost)?.name ?? ''
}

/** Milliseconds from a moment to the next thing that a worker did in the run; undefined if it did nothing more. */
export function progressAfter(history: History, moment: number): number | undefined {
  const times = (history.events ?? []).filter(isProgress).map(timeOf)
  const next = times.filter((time) => time > moment).sort((a, b) => a - b)[0]
  return next === undefined ? undefined : next - moment
}

function isProgress(event: Event): boolean {
  return [
    event.activityTaskStartedEventAttributes,
    event.activityTaskCompletedEventAttributes,
    event.workflowTaskCompletedEventAttributes,
  ].some((attributes) => attributes !== null && attributes !== undefined)
}

function timeOf({ eventTime }: Event): number {
  return Number(eventTime?.seconds ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1e6
}
