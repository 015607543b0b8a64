/** What an operation waits for, shown in full: parked steps with all that is known, or the changes to be approved. */
import type { PlannedChange } from '../../operations/results.js'
import { plainLine } from '../../values/plain-text.js'
import type { Context } from '../context.js'
import type { Style } from '../io.js'
import type { Waiting } from '../waits-for.js'
import { renderBlocked } from './blocked.js'
import { renderChanges } from './plan.js'

/** Prints it. */
export function showWaiting({ io, verbose }: Context, waiting: Waiting): void {
  renderWaiting(waiting, io.style, { now: Date.now(), verbose }).forEach((line) => io.out(line))
}

/** The lines; none if there is no more to tell than its name. */
export function renderWaiting(
  waiting: Waiting,
  style: Style,
  options: { readonly now: number; readonly verbose: boolean },
): string[] {
  switch (waiting.kind) {
    case 'blocked':
      return renderBlocked(waiting.blocked, style, options)
    case 'approval':
      return renderApproval(waiting.changes, style)
    case 'worker':
      return renderNoWorker(waiting, style)
    case 'paused':
    case 'outside':
      return []
  }
}

function renderNoWorker({ why, hint }: Waiting & { kind: 'worker' }, style: Style): string[] {
  return [style.yellow(`▮ ${plainLine(why)}`), `  ${style.cyan('→')} ${plainLine(hint)}`]
}

function renderApproval(changes: readonly PlannedChange[], style: Style): string[] {
  return changes.length === 0 ? ['nothing would change'] : ['', ...renderChanges(changes, style), '']
}
