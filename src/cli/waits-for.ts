/** What an operation waits for, from the operator's side. */
import type { OperationProgress } from '../operations/progress.js'
import type { PlannedChange } from '../operations/results.js'
import type { BlockedStep } from '../operations/steps.js'
import { isClosed, type OperationSnapshot } from '../client/snapshot.js'
import { needsOtherWorker } from '../client/stuck.js'

/** Why nothing goes on. */
export type Waiting =
  /** Steps that are parked, and nothing else runs. */
  | { readonly kind: 'blocked'; readonly blocked: readonly BlockedStep[] }
  /** The plan waits for an approval. */
  | { readonly kind: 'approval'; readonly changes: readonly PlannedChange[] }
  | { readonly kind: 'paused' }
  /** Something that comes by itself, such as the load balancer, or a window. */
  | { readonly kind: 'outside'; readonly what: string; readonly isWindow?: true }
  /** A worker whose code fits the run; once one is started, the run goes on. */
  | { readonly kind: 'worker'; readonly why: string; readonly hint: string }

/** What a run itself can tell. */
export type WaitingInRun = Exclude<Waiting, { kind: 'worker' }>

/** Why nothing goes on any more; undefined while something does, and after the end. */
export function waitsFor(snapshot: OperationSnapshot): Waiting | undefined {
  const stuck = needsOtherWorker(snapshot)
  if (stuck !== undefined) return { kind: 'worker', why: stuck.message, hint: stuck.hint }
  return isClosed(snapshot) || snapshot.progress === undefined ? undefined : waitsForIn(snapshot.progress)
}

/** As {@link waitsFor}. */
export function waitsForIn(progress: OperationProgress): WaitingInRun | undefined {
  const { state, blocked, approval, blockedOn, window } = progress
  switch (state) {
    case 'blocked':
      return approval === undefined ? { kind: 'blocked', blocked } : { kind: 'approval', changes: approval }
    case 'paused':
      return { kind: 'paused' }
    case 'waiting':
      return {
        kind: 'outside',
        what: blockedOn ?? 'the operator',
        ...(window === undefined ? {} : { isWindow: true }),
      }
    case 'running':
    case 'aborting':
    case 'done':
    case 'failed':
      return undefined
  }
}

/** What can be decided now, including steps that are parked while other hosts still go on. */
export function decidable(
  progress: OperationProgress,
): Exclude<WaitingInRun, { kind: 'outside' }> | undefined {
  const { blocked } = progress
  if (blocked.length > 0) return { kind: 'blocked', blocked }
  if (progress.paused) return { kind: 'paused' }
  const waiting = waitsForIn(progress)
  return waiting?.kind === 'outside' ? undefined : waiting
}

/** The command that answers. */
export function answerFor(waiting: Waiting, cluster: string): string {
  switch (waiting.kind) {
    case 'blocked':
    case 'paused':
      return `quorate resume ${cluster}`
    case 'approval':
      return `quorate resume ${cluster} --approve`
    case 'outside':
      return waiting.isWindow === true
        ? `quorate resume ${cluster} --now`
        : `quorate signal load-balancer-ready ${cluster}`
    case 'worker':
      return `quorate cancel --force ${cluster}`
  }
}

/** What is waited for, in a few words. */
export function describeWaiting(waiting: Waiting): string {
  switch (waiting.kind) {
    case 'blocked':
      return `your decision on ${waiting.blocked.map(({ step }) => step).join(', ')}`
    case 'approval':
      return 'your approval of what would change'
    case 'paused':
      return 'you to end the pause'
    case 'outside':
      return waiting.what
    case 'worker':
      return 'a worker that can continue it'
  }
}
