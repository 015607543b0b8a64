/** Load balancers: their test, and what ours are told about control planes. */
import { CancellationScope, condition, setHandler } from '@temporalio/workflow'
import type { Host } from '../../cluster/model.js'
import { phase } from './apply-phase.js'
import type { Bootstrap, Stepping } from './bootstrap.js'
import type { Phase } from '../run/run.js'
import { outOfBalancers } from '../run/direct-balancers.js'
import { MESSAGES } from '../../operations/messages.js'
import type { StepOutcome } from '../../operations/steps.js'
import { checkLoadBalancer, configureLoadBalancer } from './steps.js'

/** Takes the operator's word for load balancers from the start of the run on. */
export function loadBalancerSignals(): Bootstrap['signals'] {
  const signals = { loadBalancerReady: false }
  setHandler(MESSAGES.loadBalancerReady, () => {
    signals.loadBalancerReady = true
  })
  return signals
}

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

/** Acts on a control plane of the apply while none of its balancers sends requests there. */
export function aroundBalancers(
  apply: Bootstrap,
  host: Host,
  act: () => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const { plan, run, cluster, serving } = apply
  return outOfBalancers(
    { run, cluster, loadBalancers: plan.loadBalancers, backends: [...serving] },
    host,
    act,
  )
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
