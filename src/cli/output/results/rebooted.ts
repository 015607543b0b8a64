/** The last words of a reboot of hosts. */
import type { OperationSnapshot } from '../../../client/snapshot.js'
import type { RebootResult } from '../../../operations/results.js'
import { plainLine } from '../../../values/plain-text.js'
import { count } from '../../../values/words.js'
import type { Style } from '../../io.js'
import { formatDuration } from '../duration.js'

/** How it went on each host, and who was left out. */
export function renderRebooted(
  { cluster, startedAt, closedAt }: OperationSnapshot,
  { hosts, skipped, changed }: RebootResult,
  style: Style,
): string[] {
  const took = formatDuration((closedAt ?? startedAt) - startedAt)
  const what = changed
    ? `${count(hosts.length, 'host')} rebooted, done in ${took}`
    : `nothing to reboot, checked in ${took}`
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
