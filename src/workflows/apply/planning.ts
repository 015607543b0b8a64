/**
 * From the first look to the plan that an apply acts on: it locks hosts, asks the running cluster and gets approval.
 */
import { disruptiveChanges } from '../../planning/changes/membership.js'
import { isAway } from '../../planning/drift/away.js'
import type { OperationInput } from '../../operations/input.js'
import { observedHosts, planApply, type ApplyPlan } from '../../planning/plan.js'
import { failPreflight, failWith } from '../run/failure.js'
import { lookAtCluster, lookAtHosts, supposedPresence, type Looked } from '../run/inspect.js'
import { withLocks } from '../run/hold-hosts.js'
import { possible, reviewed } from '../run/review.js'
import type { ApplyPhase } from '../../operations/apply-phases.js'
import type { Run } from '../run/run.js'

/**
 * Locks the hosts that answered while `act` runs. Problems with the hosts themselves stop the apply before anything is
 * written to them. The cluster is asked only once its hosts are locked, so that no plan is based on what another
 * operation is about to change.
 */
export async function holding<Result>(
  run: Run<'lock-hosts'>,
  looked: Looked,
  act: () => Promise<Result>,
): Promise<Result> {
  const { file, facts, unanswered } = looked
  const presence = supposedPresence(looked)
  const { cluster, problems, initHost } = planApply(file, facts, { ...looked, presence })
  const mayBeAway = presence.kind === 'absent' ? [] : unanswered.filter(isAway)
  const final = problems.filter(
    ({ host, code }) => !mayBeAway.some((one) => one.host === host && one.code === code),
  )
  if (final.length > 0) throw failPreflight(problems)
  const answered = observedHosts(cluster, facts).map(({ host }) => host)
  return await withLocks(run, { ...cluster, hosts: answered }, initHost, act)
}

/** A plan, and what it was made from. */
export interface Planned {
  readonly looked: Looked
  readonly plan: ApplyPlan
}

/** Returns the plan to act on: approved if that is needed, and still current. */
export async function reviewedPlan(
  run: Run<ApplyPhase>,
  input: OperationInput,
  first: Looked,
): Promise<Planned> {
  return reviewed(run, {
    first,
    facts: first.facts,
    look: () => lookAtHosts(run, input.cluster),
    plan: (looked) => plannedNow(run, looked),
    changesOf: ({ plan }) => (mustBeApproved(input, plan) ? plan.changes : []),
  })
}

/** Whether the plan waits for the operator: a review was requested, or it takes away something that runs. */
function mustBeApproved({ review }: OperationInput, { changes }: ApplyPlan): boolean {
  return (review === true && changes.length > 0) || disruptiveChanges(changes).length > 0
}

async function plannedNow(run: Run<ApplyPhase>, looked: Looked): Promise<Planned> {
  const presence = await lookAtCluster(run, looked)
  if (presence.kind === 'absent' && looked.unresolved !== undefined) throw failWith([looked.unresolved])
  const plan = planApply(looked.file, looked.facts, { ...looked, presence })
  return { looked, plan: possible(run, plan, plan.cluster.kubernetes.version) }
}
