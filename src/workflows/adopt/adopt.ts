/**
 * Adopting: reads a cluster that somebody built with kubeadm, in the words of the cluster file. Changes nothing. The
 * command runs it twice: first with one control plane, which names the others, and then with all hosts.
 */
import type { AdoptResult } from '../../operations/results.js'
import { adoptedCluster, adoptionProblems } from '../../planning/adopt/adopted-cluster.js'
import { asSeen } from '../../planning/adopt/as-seen.js'
import { observedHosts, planApply } from '../../planning/plan.js'
import { defineOperation } from '../run/define-operation.js'
import { lookAtCluster, lookAtHosts } from '../run/inspect.js'

/** Workflow: what the cluster of the hosts of `input.cluster` is, and what an apply of that file would do to it. */
export const adoptCluster = defineOperation('adopt', async (run, input): Promise<AdoptResult> => {
  const seen = await lookAtHosts(run, input.cluster)
  const looked = { ...seen, file: asSeen(seen.file, seen.facts) }
  const presence = await lookAtCluster(run, looked)
  const { cluster, changes, findings, problems, warnings } = planApply(looked.file, looked.facts, {
    ...looked,
    presence,
  })
  const refusals = adoptionProblems(looked.file, presence)
  const { version: kubernetesVersion } = cluster.kubernetes
  if (refusals.length > 0 || presence.kind !== 'read') {
    return { kubernetesVersion, changes: [], problems: [...seen.unanswered, ...refusals], warnings: [] }
  }
  run.setVersion(kubernetesVersion)
  const adopted = adoptedCluster(presence.standing, observedHosts(looked.file, looked.facts))
  return { kubernetesVersion, changes, findings, problems, warnings, adopted }
})
