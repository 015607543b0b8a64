/** The last words of a rebuild. */
import type { OperationSnapshot } from '../../../client/snapshot.js'
import type { RebuildResult } from '../../../operations/results.js'
import { plainLine } from '../../../values/plain-text.js'
import type { Style } from '../../io.js'
import { renderApplied } from '../summary.js'

/** The cluster as it is now, where its state is from, and what is left to do on workers. */
export function renderRebuilt(snapshot: OperationSnapshot, result: RebuildResult, style: Style): string[] {
  const { restored, nodes } = result
  const workers = nodes.filter(({ role }) => role === 'worker').map(({ name }) => plainLine(name))
  const late = [
    'pods that it does not know run on until the kubelet of their node restarts:',
    ...workers.map((name) => `  ${name}: sudo systemctl restart kubelet`),
  ]
  return [
    '',
    `the state is that of ${plainLine(restored.takenAt)} (${style.bold(plainLine(restored.name))}, revision ${restored.revision})`,
    ...(workers.length === 0 ? [] : late),
    ...renderApplied(snapshot, result, style),
  ]
}
