/** Events as plain lines, for logs and pipes: each change of state once, with the time. */
import type { StepState } from '../../cluster/operation.js'
import type { Reach } from '../../temporal/snapshot.js'
import type { Style } from '../io.js'
import { formatDuration } from './duration.js'
import type { OperationEvent } from './events.js'
import { renderReport } from './report.js'

/** Symbols for states, in lines and the live view. */
export const MARK: Readonly<Record<StepState, string>> = {
  pending: '·',
  running: '▶',
  unchanged: '✔',
  done: '✔',
  failed: '✘',
  blocked: '⏸',
  skipped: '⤼',
}

/** What to say when somebody stops or begins to answer. */
export const REACH_WORDS: Readonly<Record<Reach, string>> = {
  worker: 'a worker answers',
  server: 'waiting for a worker',
  nobody: 'waiting for the Temporal server',
}

/** The text of an event; undefined for what is only shown with `--verbose`. */
export function renderEvent(
  event: OperationEvent,
  style: Style,
  options: { verbose: boolean },
): string | undefined {
  switch (event.type) {
    case 'operation':
      return `${event.operation} ${style.bold(event.cluster)} (run ${event.runId})`
    case 'phase':
      return renderPhase(event, style)
    case 'host':
      return renderHost(event, style)
    case 'line':
      return options.verbose ? style.dim(`    ${event.host} ▸ ${event.line}`) : undefined
    case 'retry': {
      const place = event.host === undefined ? event.activity : event.host
      return style.yellow(
        `  ↻ ${place}: attempt ${event.attempt} after: ${event.error.message} (${event.error.code})`,
      )
    }
    case 'waiting':
      return style.yellow(`▮ waiting for ${event.for}`)
    case 'resumed':
      return '▶ going on'
    case 'reach':
      return style.yellow(`▮ ${REACH_WORDS[event.reach]}`)
    case 'warning':
      return style.yellow(`⚠ ${event.warning}`)
  }
}

function renderPhase(event: OperationEvent & { type: 'phase' }, style: Style): string {
  const text = `${MARK[event.state]} ${event.phase}${elapsed(event.durationMs)}`
  if (event.state === 'failed') return style.red(text)
  return event.state === 'running' ? style.bold(text) : `${style.green(MARK[event.state])}${text.slice(1)}`
}

function renderHost(event: OperationEvent & { type: 'host' }, style: Style): string | undefined {
  if (event.state === 'pending' || event.state === 'running') return undefined
  if (event.error !== undefined) {
    return renderReport(event.error, style)
      .map((line) => `  ${line}`)
      .join('\n')
  }
  const what = event.summary ?? (event.state === 'unchanged' ? 'nothing to change' : 'done')
  const mark = event.state === 'unchanged' ? style.dim(MARK[event.state]) : style.green(MARK[event.state])
  return `  ${mark} ${event.host}: ${what}${elapsed(event.durationMs)}`
}

function elapsed(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : ` (${formatDuration(milliseconds)})`
}
