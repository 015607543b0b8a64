/** Load balancers: their test, and what ours are told about control planes. */
import { CancellationScope, condition } from '@temporalio/workflow'
import type { Host } from '../../cluster/model.js'
import { phase } from './apply-phase.js'
import type { Bootstrap, Stepping } from './bootstrap.js'
import type { Phase } from '../run/run.js'
import type { StepOutcome } from '../../operations/steps.js'
import { checkLoadBalancer, configureLoadBalancer } from './steps.js'

/**
 * The guide's `nc` test, from the balancer's side and from every host. The operator can end it early by vouching for
 * the load balancer.
 */
export async function testLoadBalancer(
  apply: Stepping & Pick<Bootstrap, 'signals'>,
  host: Host,
): Promise<StepOutcome> {
  const { signals } = apply
  const check = new CancellationScope()
  const answered = check.run(() => checkLoadBalancer(apply, host))
  const vouched = condition(() => signals.loadBalancerReady).then(() => {
    check.cancel()
    return { changed: false, summary: 'declared ready by the operator' }
  })
  const outcome = await Promise.race([answered, vouched])
  // The cancelled test ends on its own later; its failure is then expected.
  answered.catch(() => undefined)
  return outcome
}

/** How balancers of ours are told which control planes get requests. */
export interface Steering {
  /** Those that get requests otherwise. */
  readonly backends: readonly Host[]
  readonly direct: (backends: readonly Host[]) => Promise<unknown>
}

/**
 * Acts on a control plane while no balancer of ours sends requests to it. It comes back however the act ends: balancers
 * check for themselves whether its API server answers.
 */
export async function outOfBalancers(
  { backends, direct }: Steering,
  host: Host,
  act: () => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const others = backends.filter(({ name }) => name !== host.name)
  if (others.length === 0) return act()
  await direct(others)
  try {
    return await act()
  } finally {
    await direct(backends)
  }
}

/** Acts on a control plane of the apply while none of its balancers sends requests there. */
export function aroundBalancers(
  apply: Bootstrap,
  host: Host,
  act: () => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const { plan, run, serving } = apply
  const balancers = plan.loadBalancers.filter((one) => !run.isLeftOut(one))
  const direct = (backends: readonly Host[]) =>
    Promise.all(balancers.map((balancer) => configureLoadBalancer(apply, balancer, backends)))
  return outOfBalancers({ backends: [...serving], direct }, host, act)
}

/**
 * Lets each balancer send requests to control planes as they join. One update covers all that have joined since its
 * last.
 */
export function backends(apply: Bootstrap, controlPlanes: Phase<StepOutcome>): Phase<StepOutcome> {
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
    const listed = plan.backends.filter((host) => serving.some(({ name }) => name === host.name))
    const outcome = await configureLoadBalancer(apply, balancer, listed)
    known.set(balancer.name, listed.length)
    return outcome
  }
  return phase(apply, 'load-balancer-backends', toJoin.length === 0 ? [] : plan.loadBalancers, configure, {
    after: (balancer) => [news(balancer)],
    again: news,
  })
}
