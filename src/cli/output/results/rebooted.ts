/** The last words of a reboot or an update of hosts. */
import type { OperationSnapshot } from '../../../client/snapshot.js'
import type { RebootResult, UpdateResult } from '../../../operations/results.js'
import { plainLine } from '../../../values/plain-text.js'
import { count } from '../../../values/words.js'
import type { Style } from '../../io.js'
import { formatDuration } from '../duration.js'

/** How a reboot went on each host, and who was left out. */
export function renderRebooted(snapshot: OperationSnapshot, result: RebootResult, style: Style): string[] {
  return renderRollout(snapshot, result, style, { made: 'rebooted', nothing: 'nothing to reboot' })
}

/** The same of an update. */
export function renderUpdated(snapshot: OperationSnapshot, result: UpdateResult, style: Style): string[] {
  return renderRollout(snapshot, result, style, { made: 'updated', nothing: 'nothing to update' })
}

function renderRollout(
  { cluster, startedAt, closedAt }: OperationSnapshot,
  { hosts, skipped, changed }: RebootResult,
  style: Style,
  { made, nothing }: { readonly made: string; readonly nothing: string },
): string[] {
  const took = formatDuration((closedAt ?? startedAt) - startedAt)
  const what = changed
    ? `${count(hosts.length, 'host')} ${made}, done in ${took}`
    : `${nothing}, checked in ${took}`
  return [
    '',
    ...hosts.map(({ name, did }) => `${style.bold(plainLine(name))}: ${plainLine(did)}`),
    ...skipped.map(({ step, reason }) =>
      style.yellow(`⚠ ${plainLine(`${step} was left out: ${reason}`)}; its node may still be cordoned`),
    ),
    '',
    `${style.green('✔')} ${style.bold(plainLine(cluster))}: ${what}`,
  ]
}
