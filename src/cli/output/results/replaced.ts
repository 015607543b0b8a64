/** The last words of a replacement. */
import type { ReplaceResult } from '../../../operations/results.js'
import type { OperationSnapshot } from '../../../client/snapshot.js'
import { plainLine } from '../../../values/plain-text.js'
import type { Style } from '../../io.js'
import { renderNodes, renderOutcome } from '../summary.js'

/** The nodes, what became of the host, and whether anything was changed. */
export function renderReplaced(snapshot: OperationSnapshot, result: ReplaceResult, style: Style): string[] {
  return [
    ...renderNodes(result.nodes, style),
    '',
    `${style.bold(plainLine(result.host))}: ${plainLine(whatBecame(result))}`,
    '',
    ...renderOutcome(snapshot, result, style),
  ]
}

function whatBecame({ how, machine }: ReplaceResult): string {
  if (how === 'kept') return 'stays as it was'
  const { old, new: now } = machine
  if (now === undefined) return 'replaced'
  if (old === undefined) return `machine ${now} has joined`
  return old === now ? `machine ${now} has joined again` : `machine ${now} has taken the place of ${old}`
}
