/** Steps that wait for a decision, as text: what happened, what is known about it, and what can be decided. */
import type { BlockedStep } from '../../operations/steps.js'
import { MARK } from '../../operations/step-marks.js'
import { plainLine } from '../../values/plain-text.js'
import type { Style } from '../io.js'
import { formatDuration, formatTime } from './duration.js'
import { renderReport } from './report.js'

/** The lines of all of them. */
export function renderBlocked(
  blocked: readonly BlockedStep[],
  style: Style,
  options: { readonly now: number; readonly verbose: boolean },
): string[] {
  return blocked.flatMap((step) => ['', ...renderStep(step, style, options)])
}

function renderStep(
  { step, since, error, host, notSkippable, onSkip }: BlockedStep,
  style: Style,
  { now, verbose }: { readonly now: number; readonly verbose: boolean },
): string[] {
  const waited = `since ${formatTime(since)} (${formatDuration(now - since)})`
  const skip =
    notSkippable === undefined
      ? `may be skipped${onSkip === undefined ? '' : `, which ${onSkip}`}`
      : `cannot be skipped: ${notSkippable}`
  return [
    `${style.yellow(MARK.blocked)} ${style.bold(plainLine(step))}  ${style.dim(plainLine(`waits for you ${waited}; ${skip}`))}`,
    ...renderReport({ ...error, host }, style, { verbose }).map((line) => `  ${line}`),
  ]
}
