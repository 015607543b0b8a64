/** The schedules of a cluster as a table. */
import type { LastTime, ScheduleState } from '../../client/schedules/list.js'
import type { ScheduleChange } from '../../client/schedules/sync.js'
import type { OperationKind } from '../../operations/registry.js'
import { SCHEDULES } from '../../operations/schedule/schedules.js'
import { plainLine } from '../../values/plain-text.js'
import { count, withArticle } from '../../values/words.js'
import type { Style } from '../io.js'
import { formatMinute } from './duration.js'
import { renderTable } from './table.js'

const HEADER = ['SCHEDULE', 'TIME', 'ZONE', 'NEXT', 'LAST', 'ENDED']

interface Shown {
  readonly style: Style
  readonly now: number
}

/** Whether somebody should look after it. */
export function isTrouble({ last }: ScheduleState): boolean {
  return last?.end === 'failed' || last?.end === 'missed'
}

/** The table, times that were left out, and what is not as in the cluster file. */
export function renderSchedules(
  cluster: string,
  schedules: readonly ScheduleState[],
  pending: readonly ScheduleChange[],
  { style, now }: Shown,
): string[] {
  const name = plainLine(cluster)
  const table =
    schedules.length === 0
      ? [`${name} has no schedules; spec.schedules of the cluster file declares them`]
      : renderTable(
          HEADER,
          schedules.map((one) => row(one, { style, now })),
          style,
        )
  const notes = [...schedules.flatMap(leftOut), ...pending.map(notAsInFile)]
  return [...table, ...(notes.length === 0 ? [] : ['']), ...notes.map((note) => style.yellow(`⚠ ${note}`))]
}

function row({ kind, time, isPaused, next, last }: ScheduleState, { style, now }: Shown): readonly string[] {
  return [
    style.bold(kind),
    time === undefined ? style.red('sealed with another key') : plainLine(time.cron),
    time === undefined ? '' : plainLine(time.timeZone),
    isPaused ? style.yellow('paused') : next === undefined ? 'never' : formatMinute(next, now),
    last === undefined ? 'never' : formatMinute(last.at, now),
    last === undefined ? '' : coloured(last, describeEnd(kind, last, now), style),
  ]
}

function coloured({ end }: LastTime, words: string, style: Style): string {
  if (end === 'done') return style.green(words)
  return end === 'failed' || end === 'missed' ? style.red(words) : style.yellow(words)
}

function describeEnd(kind: ScheduleState['kind'], last: LastTime, now: number): string {
  switch (last.end) {
    case 'done':
      return describeResult(SCHEDULES[kind].operation, last.result)
    case 'skipped':
      return `skipped: ${describeHolder(last, now)}`
    case 'awaits-worker':
      return 'waits for a worker'
    case 'missed':
      return 'missed: no worker took it in time'
    case 'unknown':
      return 'no longer known'
    case 'failed':
      return plainLine(['failed', ...(last.error === undefined ? [] : [last.error.message])].join(': '))
    case 'blocked':
      return 'waits for a decision (quorate resume)'
    case 'running':
    case 'waiting':
    case 'paused':
    case 'aborting':
    case 'cancelled':
      return last.end
  }
}

function describeHolder({ heldBy }: LastTime, now: number): string {
  if (heldBy === undefined) return 'another operation held the cluster'
  return `${withArticle(heldBy.kind)} has held the cluster since ${formatMinute(heldBy.since, now)}`
}

function describeResult(operation: OperationKind, result: LastTime['result']): string {
  if (result === undefined) return 'done'
  if (operation === 'plan' && 'changes' in result && 'problems' in result) {
    const found = [
      ...(result.changes.length > 0 ? [count(result.changes.length, 'change')] : []),
      ...(result.problems.length > 0 ? [count(result.problems.length, 'problem')] : []),
    ]
    return found.length === 0 ? 'no drift' : `drift: ${found.join(', ')} (quorate plan)`
  }
  if ('snapshot' in result) return plainLine(result.snapshot.name)
  if ('changed' in result && !result.changed) return 'nothing was due'
  return 'done'
}

function leftOut({ kind, missed, overlapped }: ScheduleState): readonly string[] {
  return [
    ...(missed > 0
      ? [`${kind}: missed ${count(missed, 'time')} in all, because the Temporal server was down for too long`]
      : []),
    ...(overlapped > 0
      ? [
          `${kind}: left out ${count(overlapped, 'time')} in all, because the time before had not been taken yet`,
        ]
      : []),
  ]
}

function notAsInFile({ kind, change }: ScheduleChange): string {
  const what = {
    created: 'is in the cluster file only',
    updated: 'is not as in the cluster file',
    deleted: 'is no longer in the cluster file',
  }[change]
  return `${kind} ${what}: \`quorate schedule sync\``
}
