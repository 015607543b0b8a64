/** Converts Temporal's failures to error reports: how a workflow ended, in the words of where the error happened. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowFailedError,
} from '@temporalio/client'
import { isSealedResult } from '../operations/tickets.js'
import {
  isErrorCode,
  isErrorReport,
  QuorateError,
  reportError,
  type ErrorCode,
  type ErrorReport,
} from '../errors/index.js'

/** The report of the failure that a workflow ended with. */
export function reportWorkflowFailure(error: unknown): ErrorReport {
  if (error instanceof WorkflowFailedError || error instanceof ActivityFailure) {
    return reportWorkflowFailure(error.cause)
  }
  if (error instanceof ApplicationFailure) return reportApplicationFailure(error)
  if (error instanceof CancelledFailure) {
    return new QuorateError('OPERATION_CANCELLED', 'the operation was cancelled').report()
  }
  if (error instanceof TerminatedFailure) {
    const [, refused] = /^UNSEALED: (.*)$/s.exec(error.message) ?? []
    if (refused !== undefined) return new QuorateError('UNSEALED', refused).report()
    return new QuorateError('OPERATION_CANCELLED', `the operation was terminated: ${error.message}`).report()
  }
  if (error instanceof TimeoutFailure) return new QuorateError('OPERATION_FAILED', error.message).report()
  return reportError(error)
}

/** The report in a failure's first detail, if it has one. */
export function reportOfDetails(details: readonly unknown[] | null | undefined): ErrorReport | undefined {
  const [first] = details ?? []
  // To a client, an activity's report comes wrapped together with where it was made.
  const report = isSealedResult(first) ? first.value : first
  return isErrorReport(report) ? report : undefined
}

function reportApplicationFailure(failure: ApplicationFailure): ErrorReport {
  const report = reportOfDetails(failure.details)
  if (report !== undefined) return report
  const code: ErrorCode = isErrorCode(failure.type) ? failure.type : 'INTERNAL'
  return new QuorateError(code, failure.message).report()
}
