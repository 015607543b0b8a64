/** The last words of a renewal of certificates. */
import type { OperationSnapshot } from '../../../client/snapshot.js'
import type { RenewResult } from '../../../operations/results.js'
import { plainLine } from '../../../values/plain-text.js'
import { count } from '../../../values/words.js'
import type { Style } from '../../io.js'
import { formatDuration } from '../duration.js'

/** What was done on each host, who was left out, and what has to be fetched again. */
export function renderRenewed(snapshot: OperationSnapshot, result: RenewResult, style: Style): string[] {
  const { hosts, skipped, changed } = result
  const took = formatDuration((snapshot.closedAt ?? snapshot.startedAt) - snapshot.startedAt)
  const what = changed
    ? `certificates of ${count(hosts.length, 'host')} renewed and served, done in ${took}`
    : `nothing to renew, checked in ${took}`
  return [
    '',
    ...hosts.map(({ name, did }) => `${style.bold(plainLine(name))}: ${plainLine(did.join('; '))}`),
    ...skipped.map(({ step, reason }) =>
      style.yellow(`⚠ ${plainLine(`${step} was left out: ${reason}`)}; its certificates are the old ones`),
    ),
    ...(changed ? [COPIES] : []),
    '',
    `${style.green('✔')} ${style.bold(plainLine(snapshot.cluster))}: ${what}`,
  ]
}

const COPIES =
  'Copies of admin.conf end when they did before: `quorate kubeconfig --merge` fetches the renewed one.'
