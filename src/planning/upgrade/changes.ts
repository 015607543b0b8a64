/** What an upgrade does on each host, as the lines of its plan: only what is still behind. */
import { UPGRADE_PHASES, type UpgradePhase } from '../../operations/upgrade-phases.js'
import type { Host } from '../../cluster/model.js'
import type { HostFacts } from '../../facts/facts.js'
import type { Standing } from '../../facts/standing.js'
import type { PlannedChange } from '../../operations/results.js'
import { packageVersion, requireVersion } from '../../cluster/versions.js'
import type { Hop, UpgradeHosts } from './hop.js'
import { apiServers } from './skew.js'

/** What the lines of one hop depend on. */
export interface HopSituation extends UpgradeHosts {
  readonly hop: Hop
  /** Whether the hop starts from what was observed. Of later hops nothing is done yet. */
  readonly isObserved: boolean
  readonly standing: Standing
  readonly facts: ReadonlyMap<string, HostFacts>
}

/** The changes of one hop, host by host in the order in which they are made. */
export function hopChanges(situation: HopSituation): readonly PlannedChange[] {
  const { snapshotHost, hop } = situation
  const changes = [
    ...situation.all.flatMap((host) => packagesChange(situation, host)),
    ...hop.steppingMembers.map((host) =>
      line(host, 'etcd-step', `etcd to ${hop.steppingTag ?? ''}, from which etcd supports the rest`, true),
    ),
    ...situation.etcd.flatMap((host) => memberChange(situation, host)),
    ...situation.controlPlanes.flatMap((host) => controlPlaneChange(situation, host)),
    ...situation.controlPlanes.flatMap((host) => kubeletChange(situation, host, 'control-plane-kubelets')),
    ...situation.workers.flatMap((host) => kubeletChange(situation, host, 'worker-kubelets')),
    ...situation.etcd.flatMap((host) => etcdKubeletChange(situation, host)),
  ]
  if (snapshotHost === undefined || !changes.some(({ disruptive }) => disruptive === true)) return changes
  return [line(snapshotHost, 'etcd-snapshot', `snapshot of etcd before ${hop.version}`), ...changes]
}

/** Whether a control plane runs a hop's version, as the API tells. */
function isControlPlaneBehind({ hop, isObserved, standing }: HopSituation, { name }: Host): boolean {
  if (!isObserved) return true
  const server = apiServers(standing).find(({ host }) => host === name)
  return server?.version !== hop.version || standing.configuration.version !== hop.version
}

function isKubeletBehind({ hop, isObserved, standing }: HopSituation, { name }: Host): boolean {
  return !isObserved || standing.nodes.find((node) => node.name === name)?.version !== hop.version
}

function hasPackage({ hop, isObserved, facts }: HopSituation, { name }: Host, wanted: string): boolean {
  const installed = facts.get(name)?.packages[wanted] ?? ''
  return isObserved && `${installed}-`.startsWith(`${packageVersion(requireVersion(hop.version))}-`)
}

function packagesChange(situation: HopSituation, host: Host): readonly PlannedChange[] {
  if (hasPackage(situation, host, 'kubeadm')) return []
  const version = packageVersion(requireVersion(situation.hop.version))
  return [line(host, 'packages', `install kubeadm ${version}, fetch kubelet, kubectl and images`)]
}

function memberChange(situation: HopSituation, host: Host): readonly PlannedChange[] {
  if (hasPackage(situation, host, 'kubeadm')) return []
  return [
    line(
      host,
      'upgraded-etcd-members',
      `etcd member as kubeadm ${situation.hop.version} deploys it; it restarts`,
      true,
    ),
  ]
}

function controlPlaneChange(situation: HopSituation, host: Host): readonly PlannedChange[] {
  if (!isControlPlaneBehind(situation, host)) return []
  const isFirst = host.name === situation.first.name
  const phase = isFirst ? 'first-upgraded-control-plane' : 'other-control-planes'
  const meanwhile = situation.loadBalancers.length === 0 ? '' : ', out of the load balancers meanwhile'
  const verb = isFirst ? 'apply' : 'node'
  return [line(host, phase, `kubeadm upgrade ${verb} to ${situation.hop.version}${meanwhile}`, true)]
}

function kubeletChange(situation: HopSituation, host: Host, phase: UpgradePhase): readonly PlannedChange[] {
  if (!isKubeletBehind(situation, host)) return []
  return [line(host, phase, `drain, kubelet and kubectl ${situation.hop.version}, uncordon`, true)]
}

function etcdKubeletChange(situation: HopSituation, host: Host): readonly PlannedChange[] {
  if (hasPackage(situation, host, 'kubelet')) return []
  return [line(host, 'etcd-kubelets', `kubelet ${situation.hop.version}; its member restarts`, true)]
}

function line(host: Host, phase: UpgradePhase, action: string, disruptive = false): PlannedChange {
  const { title } = UPGRADE_PHASES[phase]
  return { host: host.name, phase: title, action, ...(disruptive ? { disruptive } : {}) }
}
