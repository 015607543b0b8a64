/**
 * Limits how many attempts of a step may end in a transient error before the step is parked. The count travels in
 * heartbeats. It restarts only after progress, never because time has passed.
 */
import type { StepHeartbeat } from '../../operations/steps.js'
import type { ErrorCode, ErrorReport } from '../../errors/index.js'
import { defined } from '../../values/defined.js'

/**
 * After this many transient errors without progress the step is parked; the waits between the attempts add up to about
 * a minute.
 */
const MAX_FAILURES = 6

/** After this many transient errors the step is parked, whatever progress was made between them. */
const MAX_ALL_FAILURES = 24

/** An attempt that lasted longer than this has waited patiently by itself, or has worked. */
const LONG_ATTEMPT_MS = 10 * 60_000

/** Errors that cut off an attempt that was going well; what was under way on the host continues meanwhile. */
const INTERRUPTIONS: readonly ErrorCode[] = ['SSH_CONNECTION_LOST', 'SSH_TIMEOUT', 'UNIT_INTERRUPTED']

const MAX_REASON = 200

/** The part of a heartbeat that counts errors. */
export type ErrorCount = Pick<StepHeartbeat, 'failures' | 'allFailures' | 'longReason'>

/** The count that the previous attempt left. */
export function errorCount(heartbeat: StepHeartbeat | undefined): ErrorCount {
  // A heartbeat that was rejected as not ours (operations/tickets.ts) counts nothing.
  if (heartbeat === undefined || typeof heartbeat.failures !== 'number') return { failures: 0 }
  const { failures, allFailures, longReason } = heartbeat
  return {
    failures,
    allFailures: allFailures ?? failures,
    ...defined({ longReason }),
  }
}

/**
 * Counts the error that ended an attempt of this length. `isLast`: another attempt is not worthwhile. A long attempt
 * that fails for the same reason as the previous long one has waited for the same thing twice.
 */
export function countError(
  before: ErrorCount,
  { code, message }: Pick<ErrorReport, 'code' | 'message'>,
  lastedMs: number,
): { readonly count: ErrorCount; readonly isLast: boolean } {
  const allFailures = (before.allFailures ?? before.failures) + 1
  // Without numbers: another duration or another process does not make it another reason.
  const reason = `${code}: ${message}`.replace(/\d+/g, '#').slice(0, MAX_REASON)
  const isLong = lastedMs > LONG_ATTEMPT_MS
  const isInterruption = INTERRUPTIONS.includes(code)
  const waitedTwice = isLong && !isInterruption && before.longReason === reason
  const isProgress = isLong && (isInterruption || (before.longReason !== undefined && !waitedTwice))
  const failures = isProgress ? 1 : before.failures + 1
  const longReason = isLong && !isInterruption ? reason : before.longReason
  return {
    count: { failures, allFailures, ...defined({ longReason }) },
    isLast: waitedTwice || failures >= MAX_FAILURES || allFailures >= MAX_ALL_FAILURES,
  }
}
