/** The last words of a reset. */
import type { OperationSnapshot } from '../../../client/snapshot.js'
import type { ResetHost, ResetResult } from '../../../operations/results.js'
import { count } from '../../../values/words.js'
import { plainLine } from '../../../values/plain-text.js'
import type { Style } from '../../io.js'
import { formatDuration } from '../duration.js'

/** What became of each host, who was left out, and whether anything was changed. */
export function renderReset(snapshot: OperationSnapshot, result: ResetResult, style: Style): string[] {
  const { hosts, skipped, changed } = result
  const took = formatDuration((snapshot.closedAt ?? snapshot.startedAt) - snapshot.startedAt)
  const bare = hosts.filter(({ remains }) => remains.length === 0).length
  const all = count(hosts.length + skipped.length, 'host')
  return [
    '',
    ...hosts.map((host) => hostLine(host, style)),
    ...skipped.map(({ step, reason }) =>
      style.yellow(`⚠ ${plainLine(`${step} was left out: ${reason}`)}; the host keeps its claim`),
    ),
    '',
    `${style.green('✔')} ${style.bold(plainLine(snapshot.cluster))}: ${bare} of ${all} bare, ` +
      (changed ? `done in ${took}` : `nothing to change, checked in ${took}`),
  ]
}

function hostLine({ name, how, remains }: ResetHost, style: Style): string {
  const title = style.bold(plainLine(name))
  if (remains.length > 0) return style.yellow(`⚠ ${title}: still has ${plainLine(remains.join(', '))}`)
  return `${title}: ${how === 'bare' ? 'already bare' : 'reset: it belongs to no cluster'}`
}
