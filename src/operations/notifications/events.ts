/** The events of a run, made from what its progress and its result say. */
import type { ScheduleKind } from '../../cluster/schedules.js'
import type { ErrorCode, ErrorReport } from '../../errors/index.js'
import { plainLine } from '../../values/plain-text.js'
import { count } from '../../values/words.js'
import { defined } from '../../values/defined.js'
import type { OperationKind, Results } from '../registry.js'
import { SCHEDULES } from '../schedule/schedules.js'
import type { BlockedStep } from '../steps.js'
import type { NotifiedProblem, Untold } from './event.js'

/** Whose events they are. */
export interface Teller {
  readonly cluster: string
  readonly operation: OperationKind
  readonly runId: string
  /** The schedule that has started the run. */
  readonly schedule?: ScheduleKind
}

/** So many problems of an event are told; 200 hosts may fail for the same reason. */
const TOLD_PROBLEMS = 20

/** A text of a problem is cut here. */
const TEXT_LENGTH = 1_000

/** Warnings of a check that people are told of; the others would be told every day. */
const TOLD_WARNINGS: readonly ErrorCode[] = ['CERTIFICATE_EXPIRED', 'CERTIFICATE_EXPIRING']

/** Steps wait for decisions. */
export function parkedEvent(teller: Teller, blocked: readonly BlockedStep[]): Untold {
  const [first] = blocked
  const named = `${first?.step ?? ''}: ${first?.error.message ?? ''}`
  const place = blocked.length === 1 ? named : `${count(blocked.length, 'step')}, the first ${named}`
  const problems = blocked.map(({ step, host, error }) => ({ ...problemOf({ host, ...error }), step }))
  const text = `${teller.operation} waits for your decision at ${place}`
  return event(teller, 'parked', text, problems, [`quorate resume ${teller.cluster}`])
}

/** A plan waits for approval. */
export function approvalEvent(teller: Teller, changes: number): Untold {
  const text = `${teller.operation} waits for your approval of ${count(changes, 'change')}`
  return event(teller, 'parked', text, [], [`quorate attach ${teller.cluster}`])
}

/** The run has ended with an error. */
export function failureEvent(teller: Teller, error: ErrorReport): Untold {
  const { cluster, operation } = teller
  const problems = (error.problems ?? [error]).map(problemOf)
  const next = [`quorate status ${cluster}`]
  if (error.code === 'OPERATION_CANCELLED')
    return event(teller, 'aborted', `${operation} was cancelled`, problems, next)
  if (error.code === 'OPERATION_ABORTED')
    return event(teller, 'aborted', `${operation} was ${error.message}`, problems, next)
  return event(teller, 'failed', `${operation} failed: ${error.message}`, problems, next)
}

/** The run has ended well. A check that was done by the clock may have found something. */
export function resultEvent(teller: Teller, result: Results[OperationKind]): Untold {
  const { schedule, operation } = teller
  if (schedule === undefined || operation !== 'plan')
    return event(teller, 'done', `${operation} is done`, [], [])
  const plan = result as Results['plan']
  const warnings = (plan.findings ?? []).filter(
    ({ severity, code }) => severity === 'warning' && TOLD_WARNINGS.includes(code),
  )
  const found = [
    ...some(plan.changes, 'change'),
    ...some(plan.problems, 'problem'),
    ...some(warnings, 'warning'),
  ]
  if (found.length === 0) return event(teller, 'done', `${schedule} found nothing`, [], [])
  const problems = [...plan.problems, ...warnings].map(problemOf)
  return event(teller, 'finding', `${schedule} found ${found.join(', ')}`, problems, ['quorate plan'])
}

/** What a schedule would have started was skipped: another operation held the cluster. */
export function skippedEvent(cluster: string, schedule: ScheduleKind): Untold {
  const { operation } = SCHEDULES[schedule]
  return {
    cluster,
    event: 'finding',
    text: `${cluster}: ${schedule} was skipped: another operation holds the cluster`,
    operation,
    schedule,
    problems: [],
    more: 0,
    next: [`quorate status ${cluster}`, `quorate resume ${cluster}`],
  }
}

/** Somebody tries whether notifications arrive. */
export function testEvent(cluster: string): Untold {
  const text = `${cluster}: a test by quorate notifications test; nothing has happened`
  return { cluster, event: 'test', text, problems: [], more: 0, next: [] }
}

function event(
  { cluster, operation, runId, schedule }: Teller,
  name: Untold['event'],
  text: string,
  problems: readonly NotifiedProblem[],
  next: readonly string[],
): Untold {
  return {
    cluster,
    event: name,
    text: plainLine(`${cluster}: ${text}`).slice(0, TEXT_LENGTH),
    operation,
    runId,
    ...defined({ schedule }),
    problems: problems.slice(0, TOLD_PROBLEMS),
    more: Math.max(0, problems.length - TOLD_PROBLEMS),
    next,
  }
}

function problemOf({ code, message, hint, host }: ErrorReport): NotifiedProblem {
  return {
    code,
    message: message.slice(0, TEXT_LENGTH),
    hint: hint.slice(0, TEXT_LENGTH),
    ...defined({ host }),
  }
}

function some(list: readonly unknown[], noun: string): readonly string[] {
  return list.length === 0 ? [] : [count(list.length, noun)]
}
