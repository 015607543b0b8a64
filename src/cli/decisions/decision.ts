/** The operator's decisions on a run, and how they are carried out. */
import type { Operation } from '../../client/operation.js'
import type { OperationProgress } from '../../operations/contract.js'
import { plainLine } from '../../errors/index.js'
import type { Context } from '../context.js'

export type Decision =
  /** All parked steps unless one is named. */
  | { readonly kind: 'retry'; readonly step?: string }
  | { readonly kind: 'skip'; readonly step: string; readonly reason: string }
  | { readonly kind: 'abort'; readonly reason?: string }
  | { readonly kind: 'approve' }
  /** Ends a pause. */
  | { readonly kind: 'resume' }

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
    const steps = await send(operation, decision)
    const time = new Date().toISOString()
    if (json) io.json({ time, type: 'decision', decision: decision.kind, steps })
    else io.out(`${io.style.cyan('▶')} ${plainLine(describe(decision, steps))}`)
  }
}

async function send(operation: Operation, decision: Decision): Promise<readonly string[]> {
  switch (decision.kind) {
    case 'retry':
      return (await operation.retry(decision.step)).steps
    case 'skip':
      return (await operation.skip(decision.step, decision.reason)).steps
    case 'abort':
      return (await operation.abort(decision.reason)).steps
    case 'approve':
      return (await operation.approve()).steps
    case 'resume':
      await operation.resume()
      return []
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
      return 'aborting; steps that run come to their end first'
    case 'approve':
      return 'approved'
    case 'resume':
      return 'the pause is over'
  }
}
