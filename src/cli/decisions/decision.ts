/** The operator's decisions on a run, and how they are carried out. */
import type { Operation } from '../../client/operation.js'
import type { Decision } from '../../operations/messages.js'
import type { OperationProgress } from '../../operations/progress.js'
import { plainLine } from '../../values/plain-text.js'
import type { Context } from '../context.js'

/** The decisions, plus the end of a pause if there is one: without it they would change nothing. */
export function endingPause(
  decisions: readonly Decision[],
  progress: OperationProgress,
): readonly Decision[] {
  const goesOn = !decisions.some(({ kind }) => kind === 'abort' || kind === 'resume')
  return goesOn && progress.paused ? [...decisions, { kind: 'resume' }] : decisions
}

/**
 * Carries out the decisions one after the other, and prints each.
 * @throws QuorateError the refusal of the run; the decisions before it have been carried out.
 */
export async function carryOut(
  { io, json }: Context,
  operation: Operation,
  decisions: readonly Decision[],
): Promise<void> {
  for (const decision of decisions) {
    const { steps } = await operation.decide(decision)
    const time = new Date().toISOString()
    if (json) io.json({ time, type: 'decision', decision: decision.kind, steps })
    else io.out(`${io.style.cyan('▶')} ${plainLine(describe(decision, steps))}`)
  }
}

function describe(decision: Decision, steps: readonly string[]): string {
  // The run names them in the order in which they came to a stop.
  const names = steps.toSorted().join(', ')
  switch (decision.kind) {
    case 'retry':
      return `trying again: ${names}`
    case 'skip':
      return `leaving out ${names}: ${decision.reason}`
    case 'abort':
      return 'aborting once the running steps have ended'
    case 'approve':
      return 'approved'
    case 'resume':
      return 'the pause is over'
    case 'now':
      return 'not waiting for a window any more'
  }
}
