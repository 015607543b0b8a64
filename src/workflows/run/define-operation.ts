/** The frame of every operation's workflow: what it begins with, and how it ends. */
import { isCancellation } from '@temporalio/workflow'
import type { OperationInput } from '../../operations/input.js'
import type { OperationKind, PhaseOf, Results } from '../../operations/registry.js'
import { failWith, reportFailure } from './failure.js'
import { Run } from './run.js'

/**
 * Makes the workflow of a kind from its sequence. The run takes messages from the start. However the sequence ends, the
 * run's last progress says so. A failure carries its report; a cancellation stays one, so that Temporal knows it.
 */
export function defineOperation<Kind extends OperationKind>(
  kind: Kind,
  sequence: (run: Run<PhaseOf<Kind>>, input: OperationInput<Kind>) => Promise<Results[Kind]>,
): (input: OperationInput<Kind>) => Promise<Results[Kind]> {
  return async (input) => {
    const run = new Run<PhaseOf<Kind>>(kind, input)
    try {
      const result = await sequence(run, input)
      await run.end({ result })
      return result
    } catch (error) {
      await run.end({ error })
      if (isCancellation(error)) throw error
      throw failWith([reportFailure(error)])
    }
  }
}
