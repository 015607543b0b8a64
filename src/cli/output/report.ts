/** Error reports as text: where, what, the evidence, and what to do. */
import { plainLine, plainText } from '../../values/plain-text.js'
import type { ErrorReport } from '../../errors/index.js'
import type { Style } from '../io.js'

const OUTPUT_LINES = 20

interface ReportOptions {
  /** Show the whole output. */
  readonly verbose?: boolean
  /** The code of the report that this one is part of; it is not repeated. */
  readonly within?: string
  /** Before the message; a cross unless given. */
  readonly mark?: string
}

/** The lines of an error and of all the problems that were found with it. */
export function renderReport(report: ErrorReport, style: Style, options: ReportOptions = {}): string[] {
  const problems = report.problems ?? []
  // A report that only sums up others would say the first of them twice.
  if (problems.some((problem) => problem.message === report.message && problem.host === report.host)) {
    return problems.flatMap((problem) => renderReport(problem, style, options))
  }
  return [
    ...renderMessage(report, style, options),
    ...renderOutput(report.output, style, options.verbose === true),
    ...problems
      .flatMap((problem) => renderReport(problem, style, { ...options, within: report.code }))
      .map((line) => `  ${line}`),
    `  ${style.cyan('→')} ${plainLine(report.hint)}`,
  ]
}

/** Further lines of a message are marked, so that none of them passes for one of ours. */
function renderMessage(
  report: ErrorReport,
  style: Style,
  { mark = style.red('✘'), within }: ReportOptions,
): string[] {
  const [first = '', ...others] = plainText(report.message).split('\n')
  const code = report.code === within ? '' : ` ${style.dim(`(${plainLine(report.code)})`)}`
  return [`${mark} ${place(report, style)}${first}${code}`, ...others.map((line) => `  │ ${line}`)]
}

/** Where it happened; a step that the message begins with is not named twice. */
function place({ host, step, message }: ErrorReport, style: Style): string {
  const title = step !== undefined && message.startsWith(step) ? undefined : step
  const words = [host, title].filter((word) => word !== undefined).map((word) => plainLine(word))
  return words.length === 0 ? '' : `${style.bold(words.join(': '))}: `
}

function renderOutput(output: string | undefined, style: Style, verbose: boolean): string[] {
  if (output === undefined || output.trim() === '') return []
  const lines = plainText(output).trimEnd().split('\n')
  const shown = verbose ? lines : lines.slice(-OUTPUT_LINES)
  const omitted = lines.length - shown.length
  return [
    ...(omitted > 0 ? [style.dim(`  │ … ${omitted} lines before (--verbose shows them)`)] : []),
    ...shown.map((line) => style.dim(`  │ ${line}`)),
  ]
}
