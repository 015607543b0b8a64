/** How balancers of ours are told which control planes get requests. */
import { narrow, type Cluster, type Host } from '../../cluster/model.js'
import type { StepOutcome } from '../../operations/steps.js'
import { activities } from './activity-policies.js'
import type { Run } from './run.js'

/** Makes a balancer forward requests to these control planes. `balancers` are all that share the address. */
export function directBalancer(
  cluster: Cluster,
  balancers: readonly Host[],
  balancer: Host,
  backends: readonly Host[],
): Promise<StepOutcome> {
  const names = backends.map(({ name }) => name).join(', ')
  return activities('prepare', `${balancer.name}: haproxy → ${names}`).configureLoadBalancer(
    narrow(cluster, ...new Set([balancer, ...balancers, ...backends])),
    balancer,
    backends,
  )
}

/** The balancers of a cluster, and the control planes that they send requests to. */
export interface Steering {
  readonly run: Pick<Run<never>, 'isLeftOut'>
  readonly cluster: Cluster
  readonly loadBalancers: readonly Host[]
  /** Those that get requests otherwise. */
  readonly backends: readonly Host[]
  /** `stay-out`: a control plane on which the act fails gets no requests, until the act succeeds. */
  readonly afterFailure?: 'stay-out'
}

/**
 * Acts on a control plane while no balancer of ours sends requests to it. Unless it is to stay out, it comes back however
 * the act ends: balancers check for themselves whether its API server answers.
 */
export async function outOfBalancers(
  steering: Steering,
  host: Host,
  act: () => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const { backends, afterFailure } = steering
  const others = backends.filter(({ name }) => name !== host.name)
  if (others.length === 0) return act()
  await directAll(steering, others)
  if (afterFailure === 'stay-out') {
    const outcome = await act()
    await directAll(steering, backends)
    return outcome
  }
  try {
    return await act()
  } finally {
    await directAll(steering, backends)
  }
}

async function directAll(
  { run, cluster, loadBalancers }: Steering,
  backends: readonly Host[],
): Promise<void> {
  const told = loadBalancers.filter((one) => !run.isLeftOut(one))
  await Promise.all(told.map((balancer) => directBalancer(cluster, loadBalancers, balancer, backends)))
}
