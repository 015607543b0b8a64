/** Accompanies an operation: follows it and, on a terminal, asks whenever nothing goes on without the operator. */
import type { Operation } from '../client/operation.js'
import { type ErrorCode, isQuorateError } from '../errors/index.js'
import { plainLine } from '../values/plain-text.js'
import type { OperationSnapshot } from '../client/snapshot.js'
import type { Context } from './context.js'
import { carryOut, endingPause } from './decisions/decision.js'
import type { Answer, Asked } from './decisions/questions.js'
import { follow, type FollowOptions, type Followed } from './follow.js'
export { announce } from './follow.js'
import type { OnBlocked } from './options/on-blocked.js'
import { showWaiting } from './output/waiting.js'
import { describeWaiting, waitsFor, type Waiting } from './waits-for.js'

/**
 * Errors of a decision that came too late or that the run refuses: the error is shown, and the question asked again.
 */
const REFUSALS: readonly ErrorCode[] = [
  'OPERATION_NOT_BLOCKED',
  'OPERATION_ENDED',
  'STEP_UNKNOWN',
  'STEP_NOT_SKIPPABLE',
  'NO_WORKER',
  'RUN_STUCK',
]

/**
 * Follows the operation until it ends, the operator leaves it, or it stands still and nobody is asked. An operation
 * that is being aborted no longer waits for anybody.
 */
export async function accompany(
  context: Context,
  operation: Operation,
  onBlocked: OnBlocked | undefined,
  isAborting = false,
): Promise<Followed> {
  if (isAborting) return follow(context, operation, { until: 'end' })
  const asks = context.io.canAsk && !context.json && onBlocked !== 'exit'
  const until = leavesAt(onBlocked, asks)
  for (;;) {
    const followed = await follow(context, operation, { until })
    if (followed.kind !== 'waits' || !canBeDecided(followed.waiting)) return followed
    // Plain lines and JSON have already told this; the live view has room only for the gist.
    if (context.io.isTerminal && !context.json) showWaiting(context, followed.waiting)
    if (!asks) return followed
    const answer = await askWhileItWaits(operation, followed.waiting)
    switch (answer.kind) {
      case 'left':
        return followed
      case 'interrupted':
        return { kind: 'interrupted' }
      case 'overtaken':
        context.io.note('this was decided elsewhere')
        break
      case 'decided':
        await take(context, operation, followed.snapshot, answer)
    }
  }
}

/** Everything else comes by itself, or with a worker. */
function canBeDecided(waiting: Waiting): waiting is Asked {
  return waiting.kind !== 'outside' && waiting.kind !== 'worker'
}

function leavesAt(onBlocked: OnBlocked | undefined, asks: boolean): NonNullable<FollowOptions['until']> {
  if (onBlocked === 'exit') return 'standstill'
  return onBlocked === 'wait' && !asks ? 'end' : 'decision'
}

/** Asks, and withdraws the question when the operation no longer waits for the same thing. */
export async function askWhileItWaits(operation: Operation, waiting: Asked): Promise<Answer> {
  const { askFor } = await import('./decisions/questions.js')
  const changed = new AbortController()
  const answered = new AbortController()
  const watching = watchForChange(operation, waiting, answered.signal)
    .then((hasChanged) => hasChanged && changed.abort())
    // The question stands; what is wrong with the server shows when the question is answered.
    .catch(() => undefined)
  try {
    return await askFor(waiting, changed.signal)
  } finally {
    answered.abort()
    await watching
  }
}

async function watchForChange(operation: Operation, asked: Waiting, signal: AbortSignal): Promise<boolean> {
  for await (const snapshot of operation.watch({ signal })) {
    const now = waitsFor(snapshot)
    // Without a worker nothing is known of what it waits for.
    if (snapshot.progress === undefined || now?.kind === 'worker') continue
    if (now === undefined || describeWaiting(now) !== describeWaiting(asked)) return true
  }
  return false
}

async function take(
  context: Context,
  operation: Operation,
  { progress }: OperationSnapshot,
  { decisions }: Extract<Answer, { kind: 'decided' }>,
): Promise<void> {
  try {
    await carryOut(context, operation, progress === undefined ? decisions : endingPause(decisions, progress))
  } catch (error) {
    if (!isQuorateError(error) || !REFUSALS.includes(error.code)) throw error
    context.io.note(context.io.style.yellow(`⚠ ${plainLine(error.message)}`))
  }
}
