/** Joins of control planes, and what happens after a join fails. */
import type { Host } from '../../cluster/model.js'
import type { Bootstrap } from './bootstrap.js'
import { abandonJoin, joinControlPlane } from './steps.js'

/** Joins a control plane. Another phase makes the balancers send requests to it. */
export async function join(apply: Bootstrap, host: Host) {
  const { serving } = apply
  const outcome = await joinControlPlane(apply, host, leftOutControlPlanes(apply))
  if (!serving.includes(host)) serving.push(host)
  return outcome
}

/** Abandons late joins: a control plane that was unreachable when it was given up may have joined etcd since. */
export async function abandonLateJoins(apply: Bootstrap): Promise<void> {
  for (const host of leftOutControlPlanes(apply)) {
    const { changed, summary } = await abandonJoin(apply, host, 'late')
    if (changed) apply.run.warn(`${host.name} joined after it was left out: ${summary}`)
  }
}

function leftOutControlPlanes({ run, plan }: Bootstrap): readonly Host[] {
  return plan.joiningControlPlanes.filter((host) => run.isLeftOut(host))
}
