/** What an operation waits for, from the operator's side. */
import type { BlockedStep, OperationProgress, PlannedChange } from '../cluster/operation.js'
import { isClosed, type OperationSnapshot } from '../temporal/snapshot.js'

/** Why nothing goes on. */
export type Waiting =
  /** Steps that are parked, and nothing else runs. */
  | { readonly kind: 'blocked'; readonly blocked: readonly BlockedStep[] }
  /** The plan is to be looked at. */
  | { readonly kind: 'approval'; readonly changes: readonly PlannedChange[] }
  | { readonly kind: 'paused' }
  /** Something that may come by itself, such as the load balancer. */
  | { readonly kind: 'outside'; readonly what: string }

/** Why nothing goes on any more; undefined while something does, and after the end. */
export function waitsFor(snapshot: OperationSnapshot): Waiting | undefined {
  return isClosed(snapshot) || snapshot.progress === undefined ? undefined : waitsForIn(snapshot.progress)
}

/** As {@link waitsFor}. */
export function waitsForIn(progress: OperationProgress): Waiting | undefined {
  const { state, blocked, approval, blockedOn } = progress
  switch (state) {
    case 'blocked':
      return approval === undefined ? { kind: 'blocked', blocked } : { kind: 'approval', changes: approval }
    case 'paused':
      return { kind: 'paused' }
    case 'waiting':
      return { kind: 'outside', what: blockedOn ?? 'the operator' }
    case 'running':
    case 'aborting':
    case 'done':
    case 'failed':
      return undefined
  }
}

/** What can be decided now, also of steps that are parked while other hosts still go on. */
export function decidable(progress: OperationProgress): Exclude<Waiting, { kind: 'outside' }> | undefined {
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
      return `quorate signal load-balancer-ready ${cluster}`
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
  }
}
