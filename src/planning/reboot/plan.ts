/** Plans a reboot of hosts: which ones, in which order, why, and what prevents it. Pure. */
import { etcdPlace, hostsWithRole, type Cluster, type Host } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import { rebootReasons } from '../../facts/boot.js'
import type { HostFacts } from '../../facts/facts.js'
import { servingControlPlanes } from '../../facts/first-control-plane.js'
import type { Standing } from '../../facts/standing.js'
import { REBOOT_PHASES, type RebootingPhase } from '../../operations/reboot/phases.js'
import type { RebootRequest } from '../../operations/reboot/request.js'
import type { PlannedChange } from '../../operations/results.js'
import { observedHosts, planApply, type Learnt } from '../plan.js'
import type { RebootingHost } from './rebooting-host.js'
import { rebootProblems } from './refusals.js'
import { rebootOutages, rebootWarnings } from './warnings.js'

/** What a reboot does, and what prevents it. */
export interface RebootPlan {
  /** The cluster as it runs; its hosts are pinned to their machines. */
  readonly cluster: Cluster
  /** In the order in which they are begun. */
  readonly rebooting: readonly RebootingHost[]
  /** Control planes that answer and serve; they are asked about the cluster. */
  readonly serving: readonly Host[]
  /** All workers of the cluster: percentages are of these. */
  readonly workers: readonly Host[]
  readonly loadBalancers: readonly Host[]
  /** The control planes that balancers send requests to. */
  readonly backends: readonly Host[]
  readonly changes: readonly PlannedChange[]
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
}

/** Plans it. Hosts that are not part of the cluster are left alone. */
export function planReboot(...situation: Parameters<typeof planHosts>): RebootPlan {
  const plan = planHosts(...situation)
  return { ...plan, warnings: [...rebootOutages(plan.cluster, plan.rebooting), ...plan.warnings] }
}

/** The same without a word on what does not answer meanwhile, for an operation that may not reboot all of the hosts. */
export function planHosts(
  file: Cluster,
  facts: readonly HostFacts[],
  learnt: Pick<Learnt, 'presence' | 'unanswered'>,
  request: RebootRequest,
): RebootPlan {
  const { presence } = learnt
  const applied = planApply(file, facts, learnt)
  const { cluster } = applied
  const observed = observedHosts(cluster, facts)
  const answered = ({ name }: Host) => observed.some(({ host }) => host.name === name)
  const standing = presence.kind === 'read' ? presence.standing : undefined
  const order = inOrder(cluster, standing).filter(({ host }) => answered(host))
  const byName = new Map(facts.map((one) => [one.host, one]))
  const asked = order
    .filter(({ host }) => request.hosts.length === 0 || request.hosts.includes(host.name))
    .map((one) => ({ ...one, reasons: reasonsOf(one.host, byName.get(one.host.name), standing) }))
  const rebooting = asked.filter(({ reasons }) => !request.required || reasons.length > 0)
  const serving = servingControlPlanes(cluster, observed)
  const situation = { file, request, learnt, order }
  const problems = rebootProblems(situation)
  return {
    cluster,
    rebooting,
    serving,
    workers: order.filter(({ phase }) => phase === 'worker-reboots').map(({ host }) => host),
    loadBalancers: applied.loadBalancers.filter(answered),
    backends: applied.backends.filter(
      ({ name }) => standing?.nodes.some((node) => node.name === name) === true,
    ),
    changes:
      problems.length > 0 ? [] : rebooting.map((one) => changeOf(one, applied.loadBalancers.length > 0)),
    problems,
    warnings: rebootWarnings(situation),
  }
}

/** Every host that is part of the cluster, in the order in which hosts are begun. */
function inOrder(
  cluster: Cluster,
  standing: Standing | undefined,
): readonly Omit<RebootingHost, 'reasons'>[] {
  const isNode = ({ name }: Host) => standing?.nodes.some((node) => node.name === name) === true
  const phased = (phase: RebootingPhase, hosts: readonly Host[]) => hosts.map((host) => ({ host, phase }))
  return [
    ...phased('etcd-reboots', etcdPlace(cluster) === 'etcd-hosts' ? hostsWithRole(cluster, 'etcd') : []),
    ...phased('control-plane-reboots', hostsWithRole(cluster, 'control-plane').filter(isNode)),
    ...phased('worker-reboots', hostsWithRole(cluster, 'worker').filter(isNode)),
    ...phased('load-balancer-reboots', hostsWithRole(cluster, 'load-balancer')),
  ]
}

/** A reason of its own: a boot does not end it, but the return of the host to its cluster does. */
export const LEFT_CORDONED = 'an earlier run has left it cordoned'

function reasonsOf(
  { name }: Host,
  facts: HostFacts | undefined,
  standing: Standing | undefined,
): readonly string[] {
  const { boot, kernel = '' } = facts?.details ?? {}
  const isLeft = standing?.nodes.some((node) => node.name === name && node.cordonedByUs === true) === true
  return [...(boot === undefined ? [] : rebootReasons(boot, kernel)), ...(isLeft ? [LEFT_CORDONED] : [])]
}

const HOW: Readonly<Record<RebootingPhase, string>> = {
  'etcd-reboots': 'reboot; its etcd member is away meanwhile',
  'control-plane-reboots': 'drain, reboot, uncordon',
  'worker-reboots': 'drain, reboot, uncordon',
  'load-balancer-reboots': 'reboot; it forwards nothing meanwhile',
}

function changeOf({ host, phase, reasons }: RebootingHost, isBalanced: boolean): PlannedChange {
  const out = isBalanced && phase === 'control-plane-reboots' ? ', out of the load balancers meanwhile' : ''
  const why = reasons.length === 0 ? 'asked for' : reasons.join('; ')
  return {
    host: host.name,
    phase: REBOOT_PHASES[phase].title,
    action: `${HOW[phase]}${out} (${why})`,
    disruptive: true,
  }
}
