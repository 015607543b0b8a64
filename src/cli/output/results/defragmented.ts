/** The last words of a defragmentation of etcd. */
import type { OperationSnapshot } from '../../../client/snapshot.js'
import type { DefragmentResult } from '../../../operations/results.js'
import { plainLine } from '../../../values/plain-text.js'
import { formatBytes } from '../bytes.js'
import { formatDuration } from '../duration.js'
import type { Style } from '../../io.js'

/** The sizes of each member's database, and how much space was given back. */
export function renderDefragmented(
  { cluster, startedAt, closedAt }: OperationSnapshot,
  { members, skipped, changed }: DefragmentResult,
  style: Style,
): string[] {
  const took = formatDuration((closedAt ?? startedAt) - startedAt)
  const freed = members.reduce((sum, { before, after }) => sum + Math.max(0, before - after), 0)
  const what = changed
    ? `${formatBytes(freed)} given back, done in ${took}`
    : `nothing to defragment, checked in ${took}`
  return [
    '',
    ...members.map(
      ({ host, before, after }) =>
        `${style.bold(plainLine(host))}: ${formatBytes(before)} → ${formatBytes(after)}`,
    ),
    ...skipped.map(({ step, reason }) => style.yellow(`⚠ ${plainLine(`${step} was left out: ${reason}`)}`)),
    '',
    `${style.green('✔')} ${style.bold(plainLine(cluster))}: ${what}`,
  ]
}
