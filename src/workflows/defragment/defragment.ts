/** Defragmenting etcd: one member after the other where it pays, each while all others are well, the leader last. */
import { narrow, type Host } from '../../cluster/model.js'
import type { DefragmentPhase } from '../../operations/defragment-phases.js'
import { DEFRAGMENT_PHASES } from '../../operations/defragment-phases.js'
import { whyNever } from '../../operations/phase.js'
import type { DefragmentResult } from '../../operations/results.js'
import type { DefragmentPlan } from '../../planning/defragment/plan.js'
import { activities } from '../run/activity-policies.js'
import { defineOperation } from '../run/define-operation.js'
import type { Run } from '../run/run.js'
import { holdingForDefragmentation } from './planning.js'

/** Workflow: defragments the etcd of `input.cluster`. */
export const defragmentEtcd = defineOperation('defragment', async (run, input) =>
  holdingForDefragmentation(run, input, (plan) => defragment(run, plan)),
)

async function defragment(run: Run<DefragmentPhase>, plan: DefragmentPlan): Promise<DefragmentResult> {
  const { defragmenting, isFull } = plan
  const cluster = narrow(plan.cluster, ...plan.members)
  const hosts = defragmenting.map(({ host }) => host)
  const [first] = hosts
  const last = hosts.at(-1)
  if (isFull && first !== undefined) {
    const compact = (host: Host) =>
      activities('kubeadm', `${host.name}: compaction`).compactEtcd(cluster, host)
    const notSkippable = () => whyNever(DEFRAGMENT_PHASES.compaction)
    await run.phase('compaction', [first], compact, { notSkippable }).all()
  }
  const sizes = await run
    .phase('defragmentation', hosts, async (host) => {
      const before = defragmenting.find((one) => one.host === host)?.before ?? 0
      const summary = `${host.name}: etcd defragmentation`
      const done = await activities('kubeadm', summary).defragmentMember(cluster, host, before)
      return { ...done, host: host.name, before }
    })
    .all()
  if (isFull && last !== undefined && !run.isLeftOut(last)) {
    await run
      .phase('alarms', [last], (host) =>
        activities('kubeadm', `${host.name}: alarms`).disarmAlarms(cluster, host),
      )
      .all()
  }
  return {
    kubernetesVersion: plan.cluster.kubernetes.version,
    changed: run.changed,
    members: sizes.map(({ host, before, after }) => ({ host, before, after })),
    warnings: plan.warnings,
    skipped: run.skipped,
  }
}
