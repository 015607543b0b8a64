/**
 * Rebuilding a cluster of which no control plane is left: an apply to bare hosts, whose first control plane begins with an
 * archive. Workers go on meanwhile, and find the API again by its endpoint.
 */
import { narrow, type Host } from '../../cluster/model.js'
import { whyNever } from '../../operations/phase.js'
import { REBUILD_PHASES, type RebuildPhase } from '../../operations/rebuild/phases.js'
import type { RebuildRequest, Seed as SeedOrder } from '../../operations/rebuild/request.js'
import type { RebuildResult } from '../../operations/results.js'
import type { RebuildPlan } from '../../planning/rebuild/plan.js'
import { bootstrap } from '../apply/apply.js'
import { loadBalancerSignals } from '../apply/balancers.js'
import type { Bootstrap, Seed } from '../apply/bootstrap.js'
import { beginWith } from '../apply/first-control-plane.js'
import { activities } from '../run/activity-policies.js'
import { defineOperation } from '../run/define-operation.js'
import type { Looked } from '../run/inspect.js'
import type { Run } from '../run/run.js'
import { holdingForRebuild } from './planning.js'

const NOTHING: RebuildRequest = { archive: '', identity: '' }

/** Workflow: brings the cluster of `input.cluster` back from an archive. */
export const rebuildCluster = defineOperation('rebuild', async (run, input) => {
  const signals = loadBalancerSignals()
  return holdingForRebuild(run, input, input.request ?? NOTHING, (plan, looked) =>
    rebuild(run, plan, looked, signals),
  )
})

async function rebuild(
  run: Run<RebuildPhase>,
  { apply: plan, cluster, seed }: RebuildPlan,
  looked: Looked,
  signals: Bootstrap['signals'],
): Promise<RebuildResult> {
  const applied = await bootstrap({ run, signals, looked, plan, cluster, seed: seeding(run, seed) })
  const { name, takenAt, revision } = seed.record
  return { ...applied, restored: { name, takenAt, revision } }
}

/** What an apply with a seed does besides. */
function seeding(run: Run<RebuildPhase>, seed: SeedOrder): Seed {
  const never = (id: 'archived-snapshot' | 'nodes') => ({
    notSkippable: () => whyNever(REBUILD_PHASES[id]),
  })
  return {
    place: (apply, host, after) =>
      run.phase('archived-snapshot', [host], () => unpack(apply, host, seed), {
        after,
        ...never('archived-snapshot'),
      }),
    initialise: (apply, host) => beginWith(apply, host, seed),
    // Joins are refused under names that the restored state has.
    settle: (apply, after) =>
      run.phase('nodes', apply.plan.joiningControlPlanes, (host) => deleteNode(apply, host), {
        after,
        ...never('nodes'),
      }),
  }
}

function unpack({ cluster }: Bootstrap, host: Host, seed: SeedOrder) {
  return activities('kubeadm', `${host.name}: unpack the snapshot`).unpackSnapshot(
    narrow(cluster, host),
    host,
    seed,
  )
}

/** The node of the machine from before: another one, or the same before it was reinstalled. The file names neither. */
function deleteNode({ cluster, looked, plan: { apiHost } }: Bootstrap, host: Host) {
  const former = looked.file.hosts.find(({ name }) => name === host.name) ?? host
  return activities('kubeadm', `${host.name}: delete its node`).deleteNode(
    narrow(cluster, apiHost),
    former,
    apiHost,
    false,
  )
}
