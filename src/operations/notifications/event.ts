/** What people are told: the body of a notification. docs/notifications.md has it for those who receive it. */
import type { NotifiedEvent } from '../../cluster/notifications.js'
import type { ScheduleKind } from '../../cluster/schedules.js'
import type { OperationKind } from '../registry.js'

/**
 * `aborted`: somebody ended the run, by an abort or a cancel. `test`: somebody tries whether notifications arrive. For
 * the others see {@link NotifiedEvent}.
 */
export type EventName = NotifiedEvent | 'aborted' | 'test'

/** One of the problems behind an event; what `quorate status` shows of it, without output of hosts. */
export interface NotifiedProblem {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly host?: string
  /** The step that waits for a decision, e.g. `workers/w1`. */
  readonly step?: string
}

/** The body. Fields may be added; what one means changes only with `version`. */
export interface NotificationEvent {
  readonly version: 1
  /** The same for each attempt to deliver it, and for each who is told. */
  readonly id: string
  /** When it happened, in UTC, as ISO 8601. */
  readonly time: string
  readonly cluster: string
  readonly event: EventName
  /** All of it in one line, for people. Chat services show a field of this name. */
  readonly text: string
  readonly operation?: OperationKind
  /** The schedule that has started the operation. */
  readonly schedule?: ScheduleKind
  readonly runId?: string
  readonly problems: readonly NotifiedProblem[]
  /** How many problems there are beyond those. */
  readonly more: number
  /** Commands to run next. */
  readonly next: readonly string[]
}

/** An event that is not told to anybody yet. */
export type Untold = Omit<NotificationEvent, 'version' | 'id' | 'time'>

/** What has to be subscribed to be told of an event; a test is told to everybody. */
export const TOLD_AS: Readonly<Record<Exclude<EventName, 'test'>, NotifiedEvent>> = {
  parked: 'parked',
  failed: 'failed',
  aborted: 'failed',
  done: 'done',
  finding: 'finding',
}
