/** The hosts that a removal is asked for: which machines they are, and what the cluster and they themselves still have of it. */
import { clientUrl } from '../../configuration/etcd/urls.js'
import { packageManagerOf } from '../../configuration/package-managers/package-managers.js'
import { etcdPlace, type Cluster, type Host, type HostRole } from '../../cluster/model.js'
import { runsBalancer } from '../../cluster/balancer-hosts.js'
import type { HostFacts } from '../../facts/facts.js'
import { memberOf, type QuorumMember } from '../../facts/quorum.js'
import type { ClusterPresence, Standing, StandingNode } from '../../facts/standing.js'
import { defined } from '../../values/defined.js'
import type { RemoveRequest } from '../../operations/input.js'

/** A host that leaves. */
export interface LeavingHost {
  /** Pinned to its machine, as far as that is known. */
  readonly host: Host
  /** It never comes back, and nothing is done on it. */
  readonly isDead: boolean
  readonly node?: StandingNode
  readonly member?: QuorumMember
  /** It runs our HAProxy. */
  readonly balances: boolean
  /** The host itself shows that it is, or was, part of a cluster. */
  readonly isUsed: boolean
}

/** A host about which only its name and its address in the cluster are known: the file no longer has it. */
interface Unlisted {
  readonly name: string
  readonly role: HostRole
  readonly internalAddress: string
}

/**
 * The hosts asked for that are part of the cluster and not of the file. They are reached at the address that the
 * cluster knows, and logged in to like the first host of the file.
 */
export function unlistedHosts(
  file: Cluster,
  presence: ClusterPresence,
  { hosts }: Pick<RemoveRequest, 'hosts'>,
): readonly Host[] {
  const template = file.hosts[0]
  if (presence.kind !== 'read' || template === undefined) return []
  const isInFile = ({ name }: Unlisted) => file.hosts.some((host) => host.name === name)
  // What is said of one host's key is not said of another's.
  const ssh = defined({ ...template.ssh, hostKeyAlias: undefined, hostKeyFingerprint: undefined })
  return membersOfCluster(file, presence.standing)
    .filter((one) => hosts.includes(one.name) && !isInFile(one) && one.internalAddress !== '')
    .map(({ name, role, internalAddress }) => {
      return { name, role, address: internalAddress, internalAddress, ssh, labels: {} }
    })
}

function membersOfCluster(file: Cluster, { nodes, members = [] }: Standing): readonly Unlisted[] {
  const ofNodes = nodes.map(({ name, role, internalAddress = '' }) => ({ name, role, internalAddress }))
  const role = etcdPlace(file) === 'etcd-hosts' ? 'etcd' : 'control-plane'
  const isNode = ({ name }: QuorumMember) => nodes.some((node) => node.name === name)
  return [
    ...ofNodes,
    // A control plane whose node somebody has deleted still has its member.
    ...members
      .filter((member) => member.name !== '' && !isNode(member))
      .map(({ name, peerUrls }) => ({ name, role, internalAddress: hostnameOf(peerUrls[0] ?? '') }) as const),
  ]
}

/** `https://10.0.0.31:2380` → `10.0.0.31`, without the brackets of an IPv6 address. */
export function hostnameOf(url: string): string {
  return /^https?:\/\/\[?([^\]/]+?)\]?(?::\d+)?$/.exec(url)?.[1] ?? ''
}

/** What there is of each host, dead ones first: once they are gone, etcd can do without more of the others. */
export function leavingHosts(
  file: Cluster,
  hosts: readonly Host[],
  facts: readonly HostFacts[],
  standing: Standing,
  { dead }: Pick<RemoveRequest, 'dead'>,
): readonly LeavingHost[] {
  const leaving = hosts.map((host): LeavingHost => {
    const node = standing.nodes.find(({ name }) => name === host.name)
    const told = facts.find((one) => one.host === host.name && !isAnotherMachine(one, node))
    const member = memberOf(standing.members ?? [], host)
    return {
      host: pinned(host, told, node),
      isDead: dead.includes(host.name),
      ...(node === undefined ? {} : { node }),
      ...(member === undefined ? {} : { member }),
      balances: runsBalancer(file, host) && isUsed(file, told),
      isUsed: isUsed(file, told),
    }
  })
  return leaving.toSorted((a, b) => Number(b.isDead) - Number(a.isDead))
}

/** Whether another machine answers at the address of a node: the node's own is gone. */
export function isAnotherMachine({ machineId }: HostFacts, node: StandingNode | undefined): boolean {
  return node !== undefined && node.machineId !== '' && machineId !== '' && node.machineId !== machineId
}

/** Whatever answers at the host's address later, or has its node, must be this machine. */
export function pinned(host: Host, facts: HostFacts | undefined, node: StandingNode | undefined): Host {
  const machineId = facts?.machineId ?? node?.machineId ?? ''
  return {
    ...host,
    ...(machineId === '' ? {} : { machineId }),
    ...(facts === undefined ? {} : packageManagerOf(facts)),
  }
}

/** Whether a host has a claim or anything of kubeadm's: one that is bare again has neither. */
export function isUsed({ name }: Cluster, facts: HostFacts | undefined): boolean {
  return facts !== undefined && (facts.claimedBy === name || facts.paths.length > 0)
}

/** Whether anything of the host is left: in the cluster or on itself. */
export function isStillThere({ node, member, isUsed: used }: LeavingHost): boolean {
  return node !== undefined || member !== undefined || used
}

/** Whether a host of the file is part of the running cluster: one that has never been applied must not be expected there. */
export function isPart(file: Cluster, host: Host, facts: readonly HostFacts[], standing: Standing): boolean {
  const isNode = standing.nodes.some(({ name }) => name === host.name)
  if (isNode || memberOf(standing.members ?? [], host) !== undefined) return true
  if (host.role !== 'load-balancer') return false
  const told = facts.find((one) => one.host === host.name)
  return told === undefined || isUsed(file, told)
}

/** The cluster file without the hosts, as if they had never been in it. */
export function fileWithout(file: Cluster, names: readonly string[]): Cluster {
  const hosts = file.hosts.filter(({ name }) => !names.includes(name))
  return { ...file, hosts, loadBalancer: balancersWithout(file, names), etcd: etcdWithout(file, names) }
}

function balancersWithout({ loadBalancer }: Cluster, names: readonly string[]): Cluster['loadBalancer'] {
  if (loadBalancer.type !== 'haproxy') return loadBalancer
  return { ...loadBalancer, hosts: loadBalancer.hosts.filter((name) => !names.includes(name)) }
}

function etcdWithout(file: Cluster, names: readonly string[]): Cluster['etcd'] {
  const { etcd } = file
  if (etcd.topology !== 'external' || etcdPlace(file) !== 'etcd-hosts') return etcd
  const leaving = file.hosts
    .filter(({ name, role }) => role === 'etcd' && names.includes(name))
    .map(clientUrl)
  return { ...etcd, endpoints: etcd.endpoints.filter((url) => !leaving.includes(url)) }
}

/** What the cluster would say of itself without the hosts. */
export function presenceWithout(presence: ClusterPresence, leaving: readonly LeavingHost[]): ClusterPresence {
  if (presence.kind !== 'read') return presence
  const { standing } = presence
  const isNode = ({ name }: StandingNode) => leaving.some(({ host }) => host.name === name)
  const isMember = (one: QuorumMember) => leaving.some(({ member }) => member === one)
  return {
    kind: 'read',
    standing: {
      ...standing,
      nodes: standing.nodes.filter((node) => !isNode(node)),
      ...(standing.members === undefined
        ? {}
        : { members: standing.members.filter((member) => !isMember(member)) }),
    },
  }
}
