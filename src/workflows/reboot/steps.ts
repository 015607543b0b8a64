/** What the steps of a reboot ask of activities. */
import { etcdHosts, narrow, type Host } from '../../cluster/model.js'
import type { BootRecord } from '../../facts/boot.js'
import type { RebootPhase, RebootingPhase } from '../../operations/reboot/phases.js'
import type { RebootRequest } from '../../operations/reboot/request.js'
import type { StepOutcome } from '../../operations/steps.js'
import { workersAtOnce } from '../../operations/upgrade-request.js'
import type { RebootPlan } from '../../planning/reboot/plan.js'
import { activities } from '../run/activity-policies.js'
import type { Run } from '../run/run.js'
import { outOfBalancers } from '../run/direct-balancers.js'

/** What the phases of one reboot share. */
export interface Rebooting {
  readonly run: Run<RebootPhase>
  readonly plan: RebootPlan
  readonly request: RebootRequest
  /** Each host as it was before, by name. Recorded once, so that a retry knows which boot was to end. */
  readonly before: Map<string, BootRecord>
}

/** How many workers may be away at once. */
export function atOnce({ request, plan }: Rebooting): number {
  return workersAtOnce(request, plan.workers.length)
}

/** Reboots a host; a control plane gets no requests through our balancers until it is back as it was. */
export async function rebootHost(
  rebooting: Rebooting,
  phase: RebootingPhase,
  host: Host,
): Promise<StepOutcome> {
  const { plan, request, before } = rebooting
  const through = plan.serving.find(({ name }) => name !== host.name) ?? plan.serving[0] ?? host
  const others = othersOf(rebooting, host)
  const cluster = narrow(plan.cluster, ...new Set([host, through, ...others, ...etcdHosts(plan.cluster)]))
  const record =
    before.get(host.name) ??
    (await activities('observe', `${host.name}: before the reboot`).readBoot(cluster, host, through))
  before.set(host.name, record)
  const act = () =>
    activities('upgrade', `${host.name}: reboot`).rebootHost(cluster, host, {
      before: record,
      through,
      others,
      drain: request.drain,
      returnTimeoutMs: request.returnTimeoutMs,
      ...(phase === 'worker-reboots' ? { atOnce: atOnce(rebooting) } : {}),
    })
  if (phase !== 'control-plane-reboots') return act()
  return outOfBalancers({ ...plan, run: rebooting.run, afterFailure: 'stay-out' }, host, act)
}

/** Those that do the host's work meanwhile. */
function othersOf({ plan }: Rebooting, { name, role }: Host): readonly Host[] {
  const candidates =
    role === 'control-plane' ? plan.serving : role === 'load-balancer' ? plan.loadBalancers : []
  return candidates.filter((host) => host.name !== name)
}
