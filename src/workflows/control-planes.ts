/** Joins of control planes, and what happens after a join fails. */
import type { VoterRemoval } from '../activities/abandon-join.js'
import { narrow, type Host } from '../cluster/model.js'
import type { Bootstrap } from './bootstrap.js'
import { activities } from './run/activity-policies.js'

/** Joins a control plane. Another phase makes the balancers send requests to it. */
export async function joinControlPlane(apply: Bootstrap, host: Host) {
  const { cluster, plan, serving } = apply
  const leftOut = leftOutControlPlanes(apply)
  const outcome = await activities('kubeadm', `${host.name}: kubeadm join, control plane`).joinControlPlane(
    narrow(cluster, host, plan.first, ...plan.etcd),
    host,
    plan.first,
    ...(leftOut.length === 0 ? [] : [leftOut]),
  )
  if (!serving.includes(host)) serving.push(host)
  return outcome
}

/** Control planes that are left out. A join that was running when its host was given up may still continue there. */
function leftOutControlPlanes({ run, plan }: Bootstrap): readonly Host[] {
  return plan.joiningControlPlanes.filter((host) => run.isLeftOut(host))
}

/** Takes back what a failed join left in etcd and others would wait for. Returns what skipping it would mean. */
export function settleJoin({ cluster, plan }: Bootstrap, host: Host) {
  return activities('observe', `${host.name}: what the join left in etcd`).settleJoin(
    narrow(cluster, host, plan.first),
    host,
    plan.first,
  )
}

/** Removes what an abandoned join left in etcd, so that others can join. */
export function abandonJoin({ cluster, plan }: Bootstrap, host: Host, voter?: VoterRemoval) {
  return activities('kubeadm', `${host.name}: undo the join`).abandonJoin(
    narrow(cluster, host, plan.first),
    host,
    plan.first,
    ...(voter === undefined ? [] : [voter]),
  )
}

/** Abandons late joins: a control plane that was unreachable when it was given up may have joined etcd since. */
export async function abandonLateJoins(apply: Bootstrap): Promise<void> {
  for (const host of leftOutControlPlanes(apply)) {
    const { changed, summary } = await abandonJoin(apply, host, 'late')
    if (changed) apply.run.warn(`${host.name} joined after it was left out: ${summary}`)
  }
}
