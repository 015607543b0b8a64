/** What the steps of a reboot ask of activities. */
import type { HostReboot } from '../../activities/reboot/reboot-host.js'
import { etcdHosts, narrow, type Cluster, type Host } from '../../cluster/model.js'
import type { BootRecord } from '../../facts/boot.js'
import type { RebootRequest } from '../../operations/reboot/request.js'
import type { StepOutcome } from '../../operations/steps.js'
import { workersAtOnce } from '../../operations/upgrade-request.js'
import type { RebootPlan } from '../../planning/reboot/plan.js'
import { activities } from '../run/activity-policies.js'
import type { Run } from '../run/run.js'
import { outOfBalancers } from '../run/direct-balancers.js'

/** What the phases of one rollout share, whatever it takes hosts away for. */
export interface Rebooting {
  readonly run: Pick<Run<never>, 'isLeftOut'>
  readonly plan: RebootPlan
  readonly request: Omit<RebootRequest, 'required'>
  /** Each host as it was before, by name. Recorded once, so that a retry knows which boot was to end. */
  readonly before: Map<string, BootRecord>
}

/** How many workers may be away at once. */
export function atOnce({ request, plan }: Pick<Rebooting, 'request' | 'plan'>): number {
  return workersAtOnce(request, plan.workers.length)
}

/** Reboots a host. */
export function rebootHost(rebooting: Rebooting, host: Host): Promise<StepOutcome> {
  return takingAway(rebooting, host, 'reboot', (cluster, reboot) =>
    activities('upgrade', `${host.name}: reboot`).rebootHost(cluster, host, reboot),
  )
}

/**
 * Acts on a host as it was recorded before; a control plane gets no requests through our balancers until it is back as it
 * was.
 * @param what is done with it, in words.
 */
export async function takingAway(
  rebooting: Rebooting,
  host: Host,
  what: string,
  act: (cluster: Cluster, reboot: HostReboot) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const { plan, request, before } = rebooting
  const through = plan.serving.find(({ name }) => name !== host.name) ?? plan.serving[0] ?? host
  const others = othersOf(rebooting, host)
  const cluster = narrow(plan.cluster, ...new Set([host, through, ...others, ...etcdHosts(plan.cluster)]))
  const record =
    before.get(host.name) ??
    (await activities('observe', `${host.name}: before the ${what}`).readBoot(cluster, host, through))
  before.set(host.name, record)
  const acting = () =>
    act(cluster, {
      before: record,
      through,
      others,
      drain: request.drain,
      returnTimeoutMs: request.returnTimeoutMs,
      ...(host.role === 'worker' ? { atOnce: atOnce(rebooting) } : {}),
    })
  if (host.role !== 'control-plane') return acting()
  return outOfBalancers({ ...plan, run: rebooting.run, afterFailure: 'stay-out' }, host, acting)
}

/** Those that do the host's work meanwhile. */
function othersOf({ plan }: Pick<Rebooting, 'plan'>, { name, role }: Host): readonly Host[] {
  const candidates =
    role === 'control-plane' ? plan.serving : role === 'load-balancer' ? plan.loadBalancers : []
  return candidates.filter((host) => host.name !== name)
}
