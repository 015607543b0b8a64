/** What happened between two looks at an operation: the difference of two snapshots, as events. */
import { stepId } from '../../operations/phase.js'
import type { HostProgress, PhaseProgress, StepState } from '../../operations/progress.js'
import { definitionOf, type OperationKind } from '../../operations/registry.js'
import type { ErrorReport } from '../../errors/index.js'
import type { RunningStep } from '../../client/running-steps.js'
import { isClosed, type OperationSnapshot, type Reach } from '../../client/snapshot.js'
import { answerFor, describeWaiting, waitsFor, type Waiting } from '../waits-for.js'
import { defined } from '../../values/defined.js'

/** One thing that happened. With `--json` each is printed as a line of JSON, with a `time` added. */
export type OperationEvent =
  | {
      readonly type: 'operation'
      readonly cluster: string
      readonly operation: OperationKind
      readonly workflowId: string
      readonly runId: string
      readonly startedAt: string
    }
  | {
      readonly type: 'phase'
      readonly phase: string
      readonly state: StepState
      readonly durationMs?: number
    }
  | {
      readonly type: 'host'
      readonly phase: string
      readonly host: string
      readonly state: StepState
      /** For a parked step: the name that decisions use for it. */
      readonly step?: string
      readonly summary?: string
      readonly durationMs?: number
      readonly error?: ErrorReport
    }
  | { readonly type: 'line'; readonly activity: string; readonly host: string; readonly line: string }
  | {
      readonly type: 'retry'
      readonly activity: string
      readonly host?: string
      readonly attempt: number
      readonly error: ErrorReport
    }
  | {
      readonly type: 'waiting'
      /** In words. */
      readonly for: string
      readonly waiting: Waiting
      /** The command that answers. */
      readonly command: string
    }
  | { readonly type: 'resumed' }
  | { readonly type: 'reach'; readonly reach: Reach }
  | { readonly type: 'warning'; readonly warning: string }

/** The events that lead from `before` (undefined: nothing was known) to `after`. */
export function eventsBetween(
  before: OperationSnapshot | undefined,
  after: OperationSnapshot,
): OperationEvent[] {
  return [
    ...(before === undefined ? [begin(after)] : []),
    ...reachEvents(before, after),
    ...newWarnings(before, after),
    ...(after.progress?.phases ?? []).flatMap((phase) =>
      phaseEvents(
        before?.progress?.phases.find(({ title }) => title === phase.title),
        phase,
      ),
    ),
    ...stepEvents(before, after),
    ...waitingEvents(before, after),
  ]
}

function begin(snapshot: OperationSnapshot): OperationEvent {
  const { cluster, kind, workflowId, runId, startedAt } = snapshot
  return {
    type: 'operation',
    cluster,
    operation: kind,
    workflowId,
    runId,
    startedAt: new Date(startedAt).toISOString(),
  }
}

function reachEvents(before: OperationSnapshot | undefined, after: OperationSnapshot): OperationEvent[] {
  const known = before?.reach ?? 'worker'
  // The moments at the end, when nobody needs to answer any more, are not news.
  return known === after.reach || isClosed(after) ? [] : [{ type: 'reach', reach: after.reach }]
}

function newWarnings(before: OperationSnapshot | undefined, after: OperationSnapshot): OperationEvent[] {
  const known = before?.progress?.warnings ?? []
  return (after.progress?.warnings ?? [])
    .filter((warning) => !known.includes(warning))
    .map((warning) => ({ type: 'warning', warning }))
}

function phaseEvents(before: PhaseProgress | undefined, after: PhaseProgress): OperationEvent[] {
  const hosts = after.hosts.flatMap((host) =>
    hostEvents(
      after,
      before?.hosts.find((known) => known.host === host.host),
      host,
    ),
  )
  // A phase that has nothing to do in this cluster is not news.
  if ((before?.state ?? 'pending') === after.state || after.hosts.length === 0) return hosts
  const event: OperationEvent = {
    type: 'phase',
    phase: after.title,
    state: after.state,
    ...durationOf(after),
  }
  return after.state === 'running' ? [event, ...hosts] : [...hosts, event]
}

function hostEvents(
  phase: PhaseProgress,
  before: HostProgress | undefined,
  after: HostProgress,
): OperationEvent[] {
  if ((before?.state ?? 'pending') === after.state) return []
  const { host, state, summary, error } = after
  return [
    {
      type: 'host',
      phase: phase.title,
      host,
      state,
      ...(state === 'blocked' ? { step: stepId(idOf(phase), host) } : {}),
      ...defined({ summary }),
      ...durationOf(after),
      ...defined({ error }),
    },
  ]
}

/** Without its ID, and unknown to this release, a phase has the ID that its title suggests. */
function idOf(phase: PhaseProgress): string {
  return phase.id ?? definitionOf(phase)?.id ?? phase.title.toLowerCase().replaceAll(' ', '-')
}

function stepEvents(before: OperationSnapshot | undefined, after: OperationSnapshot): OperationEvent[] {
  return after.steps.flatMap((step) => {
    const known = before?.steps.find((other) => other.activity === step.activity && other.host === step.host)
    return [...lineEvents(known, step), ...retryEvents(known, step)]
  })
}

function lineEvents(
  before: RunningStep | undefined,
  { activity, host, line }: RunningStep,
): OperationEvent[] {
  if (host === undefined || line === undefined || line === '' || before?.line === line) return []
  return [{ type: 'line', activity, host, line }]
}

function retryEvents(before: RunningStep | undefined, after: RunningStep): OperationEvent[] {
  const { activity, host, attempt, lastError } = after
  if (lastError === undefined || attempt <= 1 || (before?.attempt ?? 1) === attempt) return []
  return [{ type: 'retry', activity, ...defined({ host }), attempt, error: lastError }]
}

function waitingEvents(before: OperationSnapshot | undefined, after: OperationSnapshot): OperationEvent[] {
  const was = before === undefined ? undefined : waitsFor(before)
  const is = waitsFor(after)
  if (is === undefined) return was === undefined || isClosed(after) ? [] : [{ type: 'resumed' }]
  const words = describeWaiting(is)
  if (was !== undefined && describeWaiting(was) === words) return []
  return [{ type: 'waiting', for: words, waiting: is, command: answerFor(is, after.cluster) }]
}

function durationOf({ startedAt, finishedAt }: PhaseProgress | HostProgress): { durationMs?: number } {
  return startedAt === undefined || finishedAt === undefined ? {} : { durationMs: finishedAt - startedAt }
}
