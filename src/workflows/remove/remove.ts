/**
 * Removing hosts from a running cluster. The order is that of day-to-day caution: wherever it is cut off, the cluster is
 * whole, and only the leaving host is half done. Every step looks first, so removing again is safe.
 */
import { DRAIN_DEFAULTS } from '../../operations/drain.js'
import type { OperationInput, RemoveRequest } from '../../operations/input.js'
import { whyNever } from '../../operations/phase.js'
import { REMOVE_PHASES, type RemovePhase } from '../../operations/remove-phases.js'
import type { RemovedHost, RemoveResult } from '../../operations/results.js'
import { leave } from './leave.js'
import { holdingForRemoval } from './planning.js'
import * as steps from './steps.js'
import type { Removing } from './steps.js'
import { defineOperation } from '../run/define-operation.js'
import type { Run } from '../run/run.js'

/** Workflow: takes hosts out of the cluster that `input.cluster` describes, and resets those that answer. */
export const removeHosts = defineOperation('remove', async (run, input) => {
  const request = requestOf(input)
  return holdingForRemoval(run, input, request, async (plan) => {
    const { staying } = plan
    if (staying === undefined) throw new Error('a removal without problems was not planned')
    const removing = { run, request, plan, staying, phases: REMOVE_PHASES }
    return verify(run, removing, leave(removing))
  })
})

/** A removal of nothing, unless it is asked for more. */
function requestOf({ request }: OperationInput<'remove'>): RemoveRequest {
  return request ?? { hosts: [], dead: [], drain: DRAIN_DEFAULTS }
}

/** Asks the cluster itself, once everything else is done. */
async function verify(
  run: Run<RemovePhase>,
  removing: Removing & { readonly request: RemoveRequest },
  left: () => readonly Promise<unknown>[],
): Promise<RemoveResult> {
  const { plan, staying, request } = removing
  const verified = run.phase('removal-verified', [staying.apiHost], () => steps.verifyCluster(removing), {
    after: left,
    notSkippable: () => whyNever(REMOVE_PHASES['removal-verified']),
  })
  const [seen] = await verified.all()
  if (seen === undefined) throw new Error('the verification gave no result')
  return {
    kubernetesVersion: staying.cluster.kubernetes.version,
    changed: run.changed,
    hosts: [...new Set(request.hosts)].flatMap((name) => outcomeOf(removing, name) ?? []),
    nodes: seen.nodes,
    etcdMembers: seen.etcdMembers,
    warnings: plan.warnings,
    skipped: run.skipped,
  }
}

/** Undefined for a host that stays by decision. */
function outcomeOf({ run, plan }: Removing, name: string): RemovedHost | undefined {
  if (plan.gone.includes(name)) return { name, how: 'gone' }
  const one = plan.leaving.find(({ host }) => host.name === name)
  if (one === undefined || run.isLeftOut(one.host)) return undefined
  return { name, how: one.isDead ? 'dead' : 'removed' }
}
