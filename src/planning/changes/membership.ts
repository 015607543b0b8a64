/**
 * What an apply does to make hosts part of the cluster, and to bring back those that were deleted from it or stopped.
 */
import type { ApplyPhase } from '../../operations/apply-phases.js'
import { hasPath } from '../../facts/facts.js'
import { etcdPlace, type Cluster, type Host } from '../../cluster/model.js'
import type { PlannedChange } from '../../operations/results.js'
import { isVoter, memberOf } from '../../facts/quorum.js'
import { nodesOfMachine, type Standing, type StandingNode } from '../../facts/standing.js'
import { changesOf, disruptive, type HostChanges, type PlannedHost } from './context.js'
import { judgeJoin, type JoinSigns } from './join-standing.js'
import { markActions, nodeMarks } from './node-marks.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** The phase in which a host becomes part of the cluster. */
function membershipPhase({ host, first }: Pick<PlannedHost, 'host' | 'first'>): ApplyPhase {
  if (host.role === 'worker') return 'workers'
  return host.name === first.name ? 'first-control-plane' : 'control-planes'
}

/** Everything that the init or join of a host would change. */
export const membershipChanges: HostChanges = (context) => {
  const { host, facts, standing, first } = context
  if (host.role !== 'control-plane' && host.role !== 'worker') return []
  const phase = membershipPhase(context)
  if (!hasPath(facts, HOST_PATHS.kubeletConf)) return changesOf(host, phase, [beginning(context)])
  const kubelet = [...adminConfActions(context), ...kubeletActions(context)]
  if (standing === undefined) {
    const isCutOff = host.name === first.name && !hasPath(facts, HOST_PATHS.initialised)
    return changesOf(host, phase, [...kubelet, ...(isCutOff ? [REPEATED_INIT] : [])])
  }
  const node = standing.nodes.find(({ name }) => name === host.name)
  // A machine that is a node under another name: the plan reports it, and nothing is done to it.
  if (node === undefined && nodesOfMachine(standing, facts.machineId).length > 0) return []
  const repair = host.name === first.name ? firstRepair(node) : joinRepair(context, standing, node)
  if (repair !== undefined)
    return repair.isDisruptive
      ? [disruptive(host, phase, repair.action)]
      : changesOf(host, phase, [repair.action])
  return changesOf(host, phase, [
    ...kubelet,
    ...(node === undefined ? [] : markActions(nodeMarks(host, node))),
  ])
}

const REPEATED_INIT =
  'complete kubeadm init, which was interrupted, or undo it with kubeadm reset and run it again'

function beginning({ cluster, host, first }: PlannedHost): string {
  if (host.role === 'worker') return 'kubeadm join'
  if (host.name === first.name) return 'kubeadm init'
  return joinAction(cluster)
}

function joinAction(cluster: Cluster): string {
  const join = 'kubeadm join as control plane'
  return etcdPlace(cluster) === 'control-planes' ? `${join}, with an etcd member` : join
}

/** kubectl runs with admin.conf on control planes. A host that has the CA's key can make the file again. */
function adminConfActions({ host, facts }: PlannedHost): readonly string[] {
  const isGone = !hasPath(facts, HOST_PATHS.adminConf) && hasPath(facts, HOST_PATHS.caKey)
  return host.role === 'control-plane' && isGone ? ['write /etc/kubernetes/admin.conf again: it is gone'] : []
}

/** Starts a kubelet that was stopped. Enabling it at boot is part of preparing the host. */
function kubeletActions({ facts: { configuration } }: PlannedHost): readonly string[] {
  if (configuration === undefined || configuration.services['kubelet']?.active === true) return []
  return ['start kubelet']
}

/** What brings back a host that joined before and is no longer whole. */
interface Repair {
  readonly action: string
  readonly isDisruptive: boolean
}

function firstRepair(node: StandingNode | undefined): Repair | undefined {
  if (node?.role === 'control-plane') return undefined
  const action = node === undefined ? REGISTERED_AGAIN : 'mark its node as control plane'
  return { action, isDisruptive: false }
}

const REGISTERED_AGAIN = 'restart kubelet, which registers its node again: the node was deleted'

function joinRepair(
  { cluster, host, facts }: PlannedHost,
  standing: Standing,
  node: StandingNode | undefined,
): Repair | undefined {
  if (host.role === 'worker') {
    if (node !== undefined) return undefined
    // A kubelet that the cluster still recognises need not join again. Only restarting it shows whether that works.
    const isKnown = hasPath(facts, HOST_PATHS.kubeletCertificate)
    const action = 'kubeadm reset and kubeadm join: its node was deleted'
    return { action: isKnown ? `restart kubelet, or else ${action}` : action, isDisruptive: false }
  }
  const signs: JoinSigns = {
    kubeletConf: true,
    manifests: hasPath(facts, HOST_PATHS.apiServerManifest),
    etcdData: hasPath(facts, HOST_PATHS.etcdMember),
    kubeletCertificate: hasPath(facts, HOST_PATHS.kubeletCertificate),
    node: node === undefined ? 'missing' : node.role === 'control-plane' ? 'marked' : 'unmarked',
    member: memberSign(host, standing),
  }
  switch (judgeJoin(signs, cluster.etcd.topology)) {
    case 'joined':
    case 'data-lost':
      // If its data are lost, nothing is done: the operation stops there and says so.
      return undefined
    case 'unmarked':
      return firstRepair(node)
    case 'undone': {
      const reason = signs.node === 'marked' ? ': its etcd member is gone' : ': its join was not finished'
      return {
        action: `kubeadm reset, then ${joinAction(cluster)}${reason}`,
        isDisruptive: signs.node === 'marked',
      }
    }
  }
}

/** If etcd did not list its members, assume that this one votes. */
function memberSign(host: Host, { members }: Standing): JoinSigns['member'] {
  if (members === undefined) return 'votes'
  const member = memberOf(members, host)
  if (member === undefined) return 'missing'
  return isVoter(member) ? 'votes' : 'not-voting'
}

/** Those of the changes that take away something that runs or once ran. */
export function disruptiveChanges(changes: readonly PlannedChange[]): readonly PlannedChange[] {
  return changes.filter((change) => change.disruptive === true)
}
