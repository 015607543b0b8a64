/** Operations by the clock: what each kind of schedule starts, and the contract of the workflow that starts it. */
import type { ScheduleKind, ScheduleTime } from '../../cluster/schedules.js'
import type { OperationInput } from '../input.js'
import type { OperationKind } from '../registry.js'

/** What a kind of schedule is to clients and workers. */
export interface ScheduleDefinition {
  readonly operation: OperationKind
  /**
   * How late it may still start, in milliseconds: after the server was down, or while there is no worker. What comes
   * later than that counts as missed. One run makes up for all that came due meanwhile.
   */
  readonly catchupMs: number
}

const HOUR_MS = 3_600_000

/** By kind. */
export const SCHEDULES = {
  snapshot: { operation: 'snapshot', catchupMs: HOUR_MS },
  renewCertificates: { operation: 'renew', catchupMs: 24 * HOUR_MS },
  drift: { operation: 'plan', catchupMs: HOUR_MS },
} as const satisfies Readonly<Record<ScheduleKind, ScheduleDefinition>>

/** All kinds, in the order in which they are listed. */
export const SCHEDULE_KINDS = Object.keys(SCHEDULES) as readonly ScheduleKind[]

/**
 * The type of the workflow that a schedule starts. It is needed because the server appends the time to the workflow id
 * of whatever a schedule starts, and an operation must have the cluster's own. It is stable, because histories contain it.
 */
export const DISPATCHER = 'dispatchScheduled'

/** What the dispatcher is given by the schedule, each time the same. */
export interface DispatchInput {
  readonly kind: ScheduleKind
  /** For people who read it back; the server has its own form of it. */
  readonly time: ScheduleTime
  /** Of the operation. */
  readonly input: OperationInput
  /** What Temporal's UI shows of the operation. */
  readonly summary: string
  readonly details: string
  /** The release of Quorate that has set it up. */
  readonly quorate: string
}

/** What became of it. `skipped`: another operation held the cluster. */
export type DispatchResult =
  | { readonly outcome: 'started'; readonly workflowId: string; readonly runId: string }
  | { readonly outcome: 'skipped' }

/** The ID of a cluster's schedule of a kind. */
export function scheduleId(clusterName: string, kind: ScheduleKind): string {
  return `cluster/${clusterName}/${kind}`
}

/** The workflow ID of its dispatcher, to which the server appends the time. */
export function dispatcherId(clusterName: string, kind: ScheduleKind): string {
  return `schedule/${clusterName}/${kind}`
}

/** As the server appends it: `-2026-11-27T03:00:00Z`. */
const APPENDED_TIME = /^(schedule\/.+)-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/**
 * The workflow ID for which payloads are sealed. What a schedule hands to its runs is sealed once, when the schedule is
 * set up, so it is sealed for all of them. For other workflows this is their own ID.
 */
export function sealedWorkflowId(workflowId: string): string {
  return APPENDED_TIME.exec(workflowId)?.[1] ?? workflowId
}
