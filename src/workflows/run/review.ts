/** Approval of a plan: what is carried out is what was shown, however long the answer took. */
import type { PlannedChange } from '../../operations/results.js'
import type { Run } from './run.js'

/** Shows the plan until the operator has approved one that still holds; `again` makes it once more. */
export async function approved<Plan extends { readonly changes: readonly PlannedChange[] }>(
  run: Pick<Run<never>, 'approve' | 'warn'>,
  shown: Plan,
  again: () => Promise<Plan>,
): Promise<Plan> {
  let plan = shown
  while (plan.changes.length > 0) {
    const { changes } = plan
    await run.approve(changes)
    // Days may have passed.
    plan = await again()
    if (JSON.stringify(plan.changes) === JSON.stringify(changes)) break
    run.warn('hosts or cluster have changed since the plan was shown, so it was made again')
  }
  return plan
}
