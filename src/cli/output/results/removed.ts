/** The last words of a removal. */
import type { RemovedHost, RemoveResult } from '../../../operations/results.js'
import type { OperationSnapshot } from '../../../client/snapshot.js'
import { plainLine } from '../../../values/plain-text.js'
import type { Style } from '../../io.js'
import { renderNodes, renderOutcome } from '../summary.js'

const WORDS: Readonly<Record<RemovedHost['how'], string>> = {
  removed: 'removed, and reset: it belongs to no cluster',
  dead: 'removed, not reset: if it comes back it is refused',
  gone: 'already gone',
}

/** What became of each host, the nodes that stay, and whether anything was changed. */
export function renderRemoved(snapshot: OperationSnapshot, result: RemoveResult, style: Style): string[] {
  return [
    ...renderNodes(result.nodes, style),
    '',
    ...result.hosts.map(({ name, how }) => `${style.bold(plainLine(name))}: ${WORDS[how]}`),
    '',
    ...renderOutcome(snapshot, result, style),
  ]
}
