/** The last words of a restore of etcd. */
import type { OperationSnapshot } from '../../../client/snapshot.js'
import type { RestoreResult } from '../../../operations/results.js'
import { plainLine } from '../../../values/plain-text.js'
import { count } from '../../../values/words.js'
import type { Style } from '../../io.js'
import { formatDuration } from '../duration.js'
import { renderNodes } from '../summary.js'

/** What etcd has now, where the old data are, and what is left to do. */
export function renderRestored(
  { cluster, startedAt, closedAt }: OperationSnapshot,
  { restored, saved, clusterId, revision, members, dead, nodes, skipped }: RestoreResult,
  style: Style,
): string[] {
  const took = formatDuration((closedAt ?? startedAt) - startedAt)
  return [
    ...renderNodes(nodes, style),
    '',
    `${style.bold(plainLine(restored))}: revision ${revision}, cluster id ${plainLine(clusterId)}`,
    ...(saved === undefined
      ? []
      : [
          `the state before: \`quorate etcd restore ${plainLine(saved.snapshot)} --from-before-restore\` goes back to it`,
        ]),
    'the old data of etcd stay until the next restore; to remove them now:',
    ...members.map(({ host, oldData }) => `  ${plainLine(host)}: sudo rm -r ${plainLine(oldData)}`),
    ...dead.map((name) => `next: \`quorate replace ${plainLine(name)} --dead\``),
    ...skipped.map(({ step, reason }) => style.yellow(`⚠ ${plainLine(`${step} was left out: ${reason}`)}`)),
    '',
    `${style.green('✔')} ${style.bold(plainLine(cluster))}: etcd restored with ${count(members.length, 'member')}, done in ${took}`,
  ]
}
