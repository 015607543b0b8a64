/** Converts between error reports (what people and progress see) and Temporal's failures (what history holds). */
import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow'
import { isErrorReport, QuorateError, reportError, type ErrorReport } from '../../errors/index.js'
import { defined } from '../../values/defined.js'

/** The report that an activity's failure carries; time-outs and the like are described in words. */
export function reportFailure(error: unknown, host?: string): ErrorReport {
  if (isCancellation(error)) {
    const place = defined({ host })
    return new QuorateError('OPERATION_CANCELLED', 'stopped by the operator', place).report()
  }
  const failure = error instanceof ActivityFailure ? error.cause : error
  if (failure instanceof ApplicationFailure) {
    const [report] = failure.details ?? []
    if (isErrorReport(report)) return report
  }
  const report = reportError(failure ?? error)
  return host === undefined ? report : { ...report, host }
}

/** A failure that ends the workflow with these reports; the first gives the type. */
export function failWith(reports: readonly ErrorReport[]): ApplicationFailure {
  const [first, ...others] = reports
  if (first === undefined)
    return ApplicationFailure.create({ type: 'INTERNAL', message: 'failed without a reason' })
  const place = first.host === undefined ? '' : `${first.host}: `
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  const report: ErrorReport = others.length === 0 ? first : { ...first, problems: reports }
  return ApplicationFailure.create({
    type: first.code,
    message: `${place}${first.message}${more}`,
    nonRetryable: true,
    details: [report],
  })
}

/** The failure that stops an operation before it changes anything, with every problem of every host. */
export function failPreflight(problems: readonly ErrorReport[]): ApplicationFailure {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  const error = new QuorateError('PREFLIGHT_FAILED', `${count} found before anything was changed`, {
    problems,
  })
  return failWith([error.report()])
}

/** Rethrows a cancellation untouched: it is not a failure of a host. */
export function rethrowCancellation(error: unknown): void {
  if (isCancellation(error)) throw error
}
