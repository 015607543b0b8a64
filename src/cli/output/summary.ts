/** The last words of an operation. */
import { OPERATIONS, type OperationKind } from '../../operations/registry.js'
import type { OperationProgress } from '../../operations/progress.js'
import type { ApplyResult, NodeSummary, UpgradeResult } from '../../operations/results.js'
import type { ErrorReport } from '../../errors/index.js'
import { plainLine } from '../../values/plain-text.js'
import type { OperationSnapshot } from '../../client/snapshot.js'
import type { Style } from '../io.js'
import { formatDuration } from './duration.js'
import { renderHostStates } from './host-states.js'
import { renderReport } from './report.js'
import { renderTable } from './table.js'

/** Nodes, duration, and whether anything was changed. */
export function renderApplied(snapshot: OperationSnapshot, result: ApplyResult, style: Style): string[] {
  return [...renderNodes(result.nodes, style), '', ...renderOutcome(snapshot, result, style)]
}

/** The same, and what is to be changed in the cluster file. */
export function renderUpgraded(snapshot: OperationSnapshot, result: UpgradeResult, style: Style): string[] {
  const { to, fileVersion } = result
  return [
    ...renderApplied(snapshot, { ...result, kubernetesVersion: to }, style),
    ...(fileVersion === undefined
      ? []
      : [
          style.yellow(
            `⚠ the cluster file says ${plainLine(fileVersion)}: set kubernetes.version to ${plainLine(to)} before the next apply`,
          ),
        ]),
  ]
}

/** The nodes as a table, after an empty line. */
export function renderNodes(nodes: readonly NodeSummary[], style: Style): string[] {
  const rows = nodes.map((node) => [
    ...[node.name, node.role, node.version].map((word) => plainLine(word)),
    nodeStatus(node, style),
  ])
  return ['', ...renderTable(['NODE', 'ROLE', 'VERSION', 'STATUS'], rows, style)]
}

/** Who was left out, and the last line: the cluster as it is now, and how long it took. */
export function renderOutcome(
  snapshot: OperationSnapshot,
  result: Pick<ApplyResult, 'kubernetesVersion' | 'changed' | 'nodes' | 'etcdMembers' | 'skipped'>,
  style: Style,
): string[] {
  const took = formatDuration((snapshot.closedAt ?? snapshot.startedAt) - snapshot.startedAt)
  const what = result.changed ? `done in ${took}` : `nothing to change, checked in ${took}`
  const ready = result.nodes.filter((node) => node.ready).length
  return [
    ...result.skipped.map(({ step, reason }) =>
      style.yellow(`⚠ ${plainLine(`${step} was left out: ${reason}`)}`),
    ),
    `${style.green('✔')} ${style.bold(snapshot.cluster)}: Kubernetes ${result.kubernetesVersion}, ` +
      `${ready} of ${result.nodes.length} nodes ready, ${members(result.etcdMembers.length)}, ${what}`,
  ]
}

/** In kubectl's words. */
function nodeStatus({ ready, cordoned }: NodeSummary, style: Style): string {
  const status = ready ? style.green('Ready') : style.red('NotReady')
  return cordoned === true ? `${status},${style.yellow('SchedulingDisabled')}` : status
}

/** Every error with host, step, message, output and hint. */
export function renderFailed(
  snapshot: OperationSnapshot,
  style: Style,
  options: { verbose: boolean },
): string[] {
  const reports = allErrors(snapshot)
  return [
    '',
    style.red(style.bold(`✘ ${snapshot.kind} of ${snapshot.cluster} ${endWord(snapshot)}`)),
    ...reports.flatMap((report) => ['', ...renderReport(report, style, options)]),
    ...(snapshot.state === 'cancelled' && snapshot.progress !== undefined
      ? ['', ...renderHostStates(snapshot.progress, style)]
      : []),
    ...whatNow(snapshot),
  ]
}

/** What goes on after a failure. */
const AGAIN: Readonly<Record<OperationKind, string>> = {
  adopt: '`quorate adopt`',
  apply: '`quorate apply`',
  defragment: '`quorate etcd defragment`',
  plan: '`quorate plan`',
  reboot: 'the same `quorate reboot`',
  rebuild:
    'the same `quorate etcd restore --archive` (or, once the first control plane runs, `quorate replace` for the others)',
  remove: 'the same `quorate remove`',
  renew: 'the same `quorate certificates renew`',
  replace: 'the same `quorate replace`',
  reset: 'the same `quorate reset`',
  restore: 'the same `quorate etcd restore` or `quorate etcd recover`',
  snapshot: '`quorate etcd snapshot`',
  'update-hosts': 'the same `quorate update-hosts`',
  upgrade: 'the same `quorate upgrade`',
}

function whatNow(snapshot: OperationSnapshot): string[] {
  if (!OPERATIONS[snapshot.kind].holdsCluster) return ['', 'Nothing was changed: the hosts are as they were.']
  // Nothing was changed yet, so there is nothing that stays done.
  if (snapshot.error?.code === 'PREFLIGHT_FAILED') return []
  return ['', `What is done stays done: ${when(snapshot)}${AGAIN[snapshot.kind]} continues from there.`]
}

function endWord({ state, error }: OperationSnapshot): string {
  if (state !== 'cancelled') return 'failed'
  return error?.code === 'OPERATION_ABORTED' ? 'was aborted' : 'was cancelled'
}

function when({ state }: OperationSnapshot): string {
  return state === 'cancelled' ? '' : 'once the cause is fixed, '
}

/** The operation's own error, and those of hosts that it does not mention. */
export function allErrors(snapshot: OperationSnapshot): readonly ErrorReport[] {
  const own = snapshot.error === undefined ? [] : [snapshot.error]
  // What was stopped on purpose has not failed.
  if (snapshot.state === 'cancelled') return own
  const known = own.flatMap((report) => [report, ...(report.problems ?? [])])
  const others = hostErrors(snapshot.progress).filter(
    (error) => !known.some((report) => report.message === error.message && report.host === error.host),
  )
  return [...own, ...others]
}

function members(count: number): string {
  return `${count} etcd ${count === 1 ? 'member' : 'members'}`
}

function hostErrors(progress: OperationProgress | undefined): ErrorReport[] {
  return (progress?.phases ?? []).flatMap((phase) =>
    phase.hosts.flatMap(({ error }) => (error === undefined ? [] : [error])),
  )
}
