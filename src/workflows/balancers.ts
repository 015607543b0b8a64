/** What our load balancers are told about control planes. */
import { condition } from '@temporalio/workflow'
import { narrow, type Host } from '../cluster/model.js'
import { phase } from './apply-phase.js'
import type { Bootstrap } from './bootstrap.js'
import type { Phase } from './run/run.js'
import type { StepOutcome } from '../operations/steps.js'
import { activities } from './run/activity-policies.js'

/**
 * Lets each balancer send requests to control planes as they join. One update covers all that have joined since its
 * last.
 */
export function loadBalancerBackends(
  apply: Bootstrap,
  controlPlanes: Phase<StepOutcome>,
): Phase<StepOutcome> {
  const { plan, serving } = apply
  const toJoin = plan.joiningControlPlanes.filter((host) => !plan.serving.includes(host))
  const known = new Map(plan.loadBalancers.map(({ name }) => [name, plan.serving.length]))
  const isBehind = ({ name }: Host) => (known.get(name) ?? 0) < serving.length
  let areOver = false
  void Promise.allSettled(toJoin.map((host) => controlPlanes.of(host))).then(() => (areOver = true))
  const news = async (balancer: Host) => {
    await condition(() => areOver || isBehind(balancer))
    return isBehind(balancer)
  }
  const configure = async (_: Bootstrap, balancer: Host): Promise<StepOutcome> => {
    if (!isBehind(balancer)) return { changed: false, summary: 'no control plane has joined' }
    // List them as the next apply will, whichever joined first: it must find nothing to change.
    const backends = plan.backends.filter((host) => serving.some(({ name }) => name === host.name))
    const outcome = await configureLoadBalancer(apply, balancer, backends)
    known.set(balancer.name, backends.length)
    return outcome
  }
  return phase(apply, 'Load balancer backends', toJoin.length === 0 ? [] : plan.loadBalancers, configure, {
    after: (balancer) => [news(balancer)],
    again: news,
  })
}

/** Makes a balancer forward requests to these control planes. */
export function configureLoadBalancer(apply: Bootstrap, balancer: Host, backends: readonly Host[]) {
  const names = backends.map((host) => host.name).join(', ')
  return activities('prepare', `${balancer.name}: haproxy → ${names}`).configureLoadBalancer(
    narrow(apply.cluster, ...new Set([balancer, ...apply.plan.loadBalancers, ...backends])),
    balancer,
    backends,
  )
}
