/** Approval of a plan: what is carried out is what was shown, however long the answer took. */
import type { ErrorReport } from '../../errors/index.js'
import type { HostFacts } from '../../facts/facts.js'
import type { PlannedChange } from '../../operations/results.js'
import { failPreflight } from './failure.js'
import type { Run } from './run.js'

/** How the plan of an operation that holds its hosts comes about. */
interface Review<Seen, Plan> {
  /** What was seen before the hosts were held. */
  readonly first: Seen
  /** The facts in it. */
  readonly facts: readonly HostFacts[]
  /** Looks once more. */
  readonly look: () => Promise<Seen>
  readonly plan: (seen: Seen) => Plan | Promise<Plan>
  /** What is shown of a plan; nothing for one that needs no approval. */
  readonly changesOf: (plan: Plan) => readonly PlannedChange[]
}

/** Returns the plan to act on: approved, and still current. */
export async function reviewed<Seen, Plan>(
  run: Pick<Run<never>, 'approve' | 'warn'>,
  { first, facts, look, plan, changesOf }: Review<Seen, Plan>,
): Promise<Plan> {
  const again = async () => plan(await look())
  // Another operation that held a host during the first look may have changed it since.
  const isStale = facts.some(({ isHeld }) => isHeld === true)
  return approved(run, await (isStale ? again() : plan(first)), again, changesOf)
}

/** What is shown of a plan of an operation that takes something away: everything, unless no review was wanted. */
export function unlessDeclined(review: boolean | undefined) {
  return ({ changes }: { readonly changes: readonly PlannedChange[] }) => (review === false ? [] : changes)
}

/** Shows the plan until the operator has approved one that still holds; `again` makes it once more. */
async function approved<Plan>(
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

/**
 * Returns a plan that nothing prevents, once the run tells what it says.
 * @param version the version of Kubernetes that the cluster has, or gets.
 * @throws ApplicationFailure with its problems.
 */
export function possible<
  Plan extends { readonly warnings: readonly string[]; readonly problems: readonly ErrorReport[] },
>(run: Pick<Run<never>, 'setVersion' | 'warn'>, plan: Plan, version: string): Plan {
  run.setVersion(version)
  run.warn(...plan.warnings)
  if (plan.problems.length > 0) throw failPreflight(plan.problems)
  return plan
}
