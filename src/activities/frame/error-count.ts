/**
 * How often the attempts of a step may end in an error that may pass before the step is the operator's. The count
 * travels in heartbeats; it begins again only after progress, never because time has passed.
 */
import type { StepHeartbeat } from '../../operations/contract.js'
import type { ErrorCode, ErrorReport } from '../../errors/index.js'

/** An error that may pass is the operator's after this many attempts, about a minute of waiting between them. */
const MAX_FAILURES = 6

/** Whatever progress there was between them. */
const MAX_ALL_FAILURES = 24

/** An attempt of this length has waited patiently by itself, or worked. */
const LONG_ATTEMPT_MS = 10 * 60_000

/** They cut off an attempt that was going well; what was under way on the host goes on meanwhile. */
const INTERRUPTIONS: readonly ErrorCode[] = ['SSH_CONNECTION_LOST', 'SSH_TIMEOUT', 'UNIT_INTERRUPTED']

const MAX_REASON = 200

/** What of a heartbeat counts errors. */
export type ErrorCount = Pick<StepHeartbeat, 'failures' | 'allFailures' | 'longReason'>

/** The count that the attempt before left. */
export function errorCount(heartbeat: StepHeartbeat | undefined): ErrorCount {
  // What was refused as no heartbeat of ours (operations/tickets.ts) counts nothing.
  if (heartbeat === undefined || typeof heartbeat.failures !== 'number') return { failures: 0 }
  const { failures, allFailures, longReason } = heartbeat
  return {
    failures,
    allFailures: allFailures ?? failures,
    ...(longReason === undefined ? {} : { longReason }),
  }
}

/**
 * Counts the error that an attempt of this length ended with. `isLast`: another attempt is not worth while. A long
 * attempt that ends for the reason of the long one before it has waited for the same thing twice.
 */
export function countError(
  before: ErrorCount,
  { code, message }: Pick<ErrorReport, 'code' | 'message'>,
  lastedMs: number,
): { readonly count: ErrorCount; readonly isLast: boolean } {
  const allFailures = (before.allFailures ?? before.failures) + 1
  // Without its numbers: how long it took, or which process it was, makes no other reason.
  const reason = `${code}: ${message}`.replace(/\d+/g, '#').slice(0, MAX_REASON)
  const isLong = lastedMs > LONG_ATTEMPT_MS
  const isInterruption = INTERRUPTIONS.includes(code)
  const waitedTwice = isLong && !isInterruption && before.longReason === reason
  const isProgress = isLong && (isInterruption || (before.longReason !== undefined && !waitedTwice))
  const failures = isProgress ? 1 : before.failures + 1
  const longReason = isLong && !isInterruption ? reason : before.longReason
  return {
    count: { failures, allFailures, ...(longReason === undefined ? {} : { longReason }) },
    isLast: waitedTwice || failures >= MAX_FAILURES || allFailures >= MAX_ALL_FAILURES,
  }
}
