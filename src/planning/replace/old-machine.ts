/** The machine that is exchanged: whether it is part of the cluster, whether it lives, and where it is found. */
import type { Cluster, Host } from '../../cluster/model.js'
import { runsBalancer } from '../../cluster/balancer-hosts.js'
import type { ErrorReport } from '../../errors/index.js'
import type { HostFacts } from '../../facts/facts.js'
import { isVoter, memberOf, type QuorumMember } from '../../facts/quorum.js'
import type { ClusterPresence, Standing, StandingNode } from '../../facts/standing.js'
import { defined } from '../../values/defined.js'
import { parseIpAddress } from '../../values/ip-address.js'
import { hostnameOf, isAnotherMachine, isUsed } from '../remove/leaving.js'

/** What one or two looks at a host have shown: at its address in the file, and at the one that it had before. */
export interface Looks {
  readonly facts?: HostFacts
  readonly unanswered?: ErrorReport
  /** Only if the cluster knows the host at another address. */
  readonly former?: { readonly facts?: HostFacts; readonly unanswered?: ErrorReport }
}

/**
 * `none`: the cluster has nothing of the host; the new machine may have begun to join. `alive`: the old machine answers.
 * `gone`: what answers is another machine, or has nothing of the cluster any more. `silent`: nothing answers.
 */
type OldMachineState = 'none' | 'alive' | 'gone' | 'silent'

/** The machine that is exchanged. */
export interface OldMachine {
  readonly state: OldMachineState
  /** The host as the cluster has it: its address there may be another than in the file. */
  readonly host: Host
  readonly facts?: HostFacts
  /** Why it does not answer. */
  readonly unanswered?: ErrorReport
  readonly node?: StandingNode
  readonly member?: QuorumMember
  /** What answers at the address in the file, if that is not the old machine. */
  readonly successor?: HostFacts
}

/** Where the old machine is looked for, if the cluster knows it at another address than the file. */
export function formerHost(file: Cluster, presence: ClusterPresence, name: string): Host | undefined {
  const host = file.hosts.find((one) => one.name === name)
  if (host === undefined || presence.kind !== 'read') return undefined
  const address = addressInCluster(host, presence.standing)
  if (address === undefined) return undefined
  // What is said of one machine's key is not said of another's.
  const ssh = defined({ ...host.ssh, hostKeyAlias: undefined, hostKeyFingerprint: undefined })
  return { ...host, address, internalAddress: address, ssh }
}

/** Undefined if it is that of the file, or if nobody knows. */
function addressInCluster(host: Host, { nodes, members = [] }: Standing): string | undefined {
  const node = nodes.find(({ name }) => name === host.name)
  const member = members.find(({ name }) => name === host.name)
  const known =
    node?.internalAddress ?? (member === undefined ? undefined : hostnameOf(member.peerUrls[0] ?? ''))
  const [wanted, present] = [host.internalAddress, known ?? ''].map((one) => parseIpAddress(one))
  if (wanted === undefined || present === undefined || wanted.value === present.value) return undefined
  return known
}

/** Judges what the looks have shown. */
export function oldMachine(file: Cluster, host: Host, standing: Standing, looks: Looks): OldMachine {
  const node = standing.nodes.find(({ name }) => name === host.name)
  const former = formerHost(file, { kind: 'read', standing }, host.name)
  const isSame = (facts: HostFacts | undefined) => facts !== undefined && isOld(file, facts, node)
  // A machine that only got another address is still the old one, and is reached where the file says.
  const isReached = former === undefined || isSame(looks.facts)
  const at = isReached
    ? { ...host, internalAddress: former?.internalAddress ?? host.internalAddress }
    : former
  const { facts, unanswered } = isReached ? looks : (looks.former ?? {})
  const member = memberOf(standing.members ?? [], at)
  const state = stateOf({ file, host, node, member, facts })
  const successor = isReached && (state === 'alive' || facts === undefined) ? undefined : looks.facts
  return { state, host: at, ...defined({ facts, unanswered, node, member, successor }) }
}

/** Whether this is the machine of the node; without a node, whether it has anything of the cluster. */
function isOld(file: Cluster, facts: HostFacts, node: StandingNode | undefined): boolean {
  if (node !== undefined && node.machineId !== '') return !isAnotherMachine(facts, node)
  return isUsed(file, facts)
}

function stateOf({
  file,
  host,
  node,
  member,
  facts,
}: {
  readonly file: Cluster
  readonly host: Host
  readonly node: StandingNode | undefined
  readonly member: QuorumMember | undefined
  readonly facts: HostFacts | undefined
}): OldMachineState {
  const isLive = facts !== undefined && isOld(file, facts, node) && isUsed(file, facts)
  if (isJoining(file, host, node, facts)) return 'none'
  if (!isPart(host, node, member))
    return isLive && runsBalancer(file, host) && node === undefined ? 'alive' : 'none'
  if (facts === undefined) return 'silent'
  return isLive ? 'alive' : 'gone'
}

/** kubeadm marks a control plane's node last: until then the join completes or undoes what is there by itself. */
function isJoining(
  file: Cluster,
  { role }: Host,
  node: StandingNode | undefined,
  facts: HostFacts | undefined,
): boolean {
  const isUnmarked = role === 'control-plane' && node?.role === 'worker'
  return isUnmarked && facts !== undefined && isOld(file, facts, node)
}

/** Whether the cluster counts on the host: it has its node, or its vote in etcd. */
function isPart(host: Host, node: StandingNode | undefined, member: QuorumMember | undefined): boolean {
  if (host.role === 'worker') return node !== undefined
  return node?.role === 'control-plane' || (member !== undefined && isVoter(member))
}
