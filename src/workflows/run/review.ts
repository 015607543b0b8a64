/** Approval of a plan: what is carried out is what was shown, however long the answer took. */
import type { PlannedChange } from '../../operations/results.js'
import type { Run } from './run.js'

/**
 * Shows the plan until the operator has approved one that still holds; `again` makes it once more.
 * @param changesOf what is shown of a plan; nothing for one that needs no approval.
 */
export async function approved<Plan>(
  run: Pick<Run<never>, 'approve' | 'warn'>,
  shown: Plan,
  again: () => Promise<Plan>,
  changesOf: (plan: Plan) => readonly PlannedChange[],
): Promise<Plan> {
  let plan = shown
  let changes = changesOf(plan)
  while (changes.length > 0) {
    await run.approve(changes)
    // Days may have passed.
    plan = await again()
    const now = changesOf(plan)
    if (JSON.stringify(now) === JSON.stringify(changes)) break
    run.warn('hosts or cluster have changed since the plan was shown, so it was made again')
    changes = now
  }
  return plan
}
