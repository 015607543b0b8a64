/** Events as plain lines, for logs and pipes: each change of state once, with the time. */
import { plainLine } from '../../values/plain-text.js'
import { MARK } from '../../operations/step-marks.js'
import type { Reach } from '../../client/snapshot.js'
import type { Style } from '../io.js'
import { formatDuration } from './duration.js'
import type { OperationEvent } from './events.js'
import { colourOf } from './colours.js'
import { renderReport } from './report.js'
import { terminalLine } from './terminal-text.js'
import { renderWaiting } from './waiting.js'

/** What to say when somebody stops or begins to answer. */
export const REACH_WORDS: Readonly<Record<Reach, string>> = {
  worker: 'a worker answers',
  failing: 'its workflow task fails',
  busy: 'waiting for a worker to answer',
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
      return `${event.operation} ${style.bold(plainLine(event.cluster))} (run ${event.runId})`
    case 'phase':
      return terminalLine(renderPhase(event, style))
    case 'host':
      return renderHost(event, style)
    case 'line':
      return options.verbose
        ? style.dim(`    ${plainLine(event.host)} ▸ ${plainLine(event.line)}`)
        : undefined
    case 'retry': {
      const place = plainLine(event.host ?? event.activity)
      return style.yellow(
        `  ↻ ${place}: attempt ${event.attempt} after: ${plainLine(event.error.message)} (${event.error.code})`,
      )
    }
    case 'waiting':
      return renderStandstill(event, style)
    case 'resumed':
      return '▶ going on'
    case 'reach':
      // Why a workflow task fails is shown in full, as what the run waits for.
      return event.reach === 'failing' ? undefined : style.yellow(`▮ ${REACH_WORDS[event.reach]}`)
    case 'warning':
      return style.yellow(`⚠ ${plainLine(event.warning)}`)
  }
}

function renderPhase(event: OperationEvent & { type: 'phase' }, style: Style): string {
  const text = `${MARK[event.state]} ${event.phase}${elapsed(event.durationMs)}`
  if (event.state === 'failed') return style.red(text)
  if (event.state === 'running') return style.bold(text)
  return `${colourOf(event.state, style)(MARK[event.state])}${text.slice(1)}`
}

function renderHost(event: OperationEvent & { type: 'host' }, style: Style): string | undefined {
  if (event.state === 'pending' || event.state === 'running') return undefined
  if (event.error !== undefined) {
    const mark = colourOf(event.state, style)(MARK[event.state])
    return renderReport({ host: event.host, ...event.error }, style, { mark })
      .map((line) => `  ${line}`)
      .join('\n')
  }
  const what = plainLine(event.summary ?? '') || (event.state === 'unchanged' ? 'nothing to change' : 'done')
  const colour = event.state === 'unchanged' ? style.dim : colourOf(event.state, style)
  const mark = colour(MARK[event.state])
  const host = plainLine(event.host)
  if (event.state === 'skipped') return `  ${mark} ${host}: left out${reason(event.summary)}`
  return `  ${mark} ${host}: ${what}${elapsed(event.durationMs)}`
}

/** Parked steps were shown in full when they were parked. */
function renderStandstill(event: OperationEvent & { type: 'waiting' }, style: Style): string {
  if (event.waiting.kind === 'outside') return style.yellow(`▮ waiting for ${plainLine(event.for)}`)
  if (event.waiting.kind === 'worker') {
    return renderWaiting(event.waiting, style, { now: Date.now(), verbose: false }).join('\n')
  }
  const last = style.yellow(`${MARK.blocked} waits for ${plainLine(event.for)}: ${plainLine(event.command)}`)
  if (event.waiting.kind === 'blocked') return last
  return [...renderWaiting(event.waiting, style, { now: Date.now(), verbose: false }), last].join('\n')
}

function reason(summary: string | undefined): string {
  return summary === undefined ? '' : `, ${plainLine(summary)}`
}

function elapsed(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : ` (${formatDuration(milliseconds)})`
}
