/** The last words of a snapshot of etcd. */
import type { OperationSnapshot } from '../../../client/snapshot.js'
import type { SnapshotResult } from '../../../operations/results.js'
import { plainLine } from '../../../values/plain-text.js'
import { count } from '../../../values/words.js'
import { formatBytes } from '../bytes.js'
import { formatDuration } from '../duration.js'
import type { Style } from '../../io.js'

/** What was taken, where it is, and what it lacks. */
export function renderSnapshotTaken(
  { cluster, startedAt, closedAt }: OperationSnapshot,
  { snapshot, hosts, archives, removed, skipped }: SnapshotResult,
  style: Style,
): string[] {
  const took = formatDuration((closedAt ?? startedAt) - startedAt)
  const { name, revision, keys, bytes, host } = snapshot
  const size = keys === undefined ? formatBytes(bytes) : `${count(keys, 'key')}, ${formatBytes(bytes)}`
  return [
    '',
    `${style.bold(plainLine(name))}: revision ${revision}, ${size}, from ${plainLine(host)}`,
    `on ${plainLine(hosts.join(', '))} in /var/lib/quorate/snapshots`,
    ...archives.map((place) => `encrypted, with the keys of the cluster, in ${plainLine(place)}`),
    ...(removed === 0 ? [] : [`${count(removed, 'older one')} removed`]),
    ...skipped.map(({ step, reason }) => style.yellow(`⚠ ${plainLine(`${step} was left out: ${reason}`)}`)),
    '',
    `${style.green('✔')} ${style.bold(plainLine(cluster))}: snapshot verified in ${count(hosts.length + archives.length, 'place')}, done in ${took}`,
  ]
}
