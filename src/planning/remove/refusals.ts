/** Why hosts may not leave: a removal is refused before anything is changed, and says what would make it possible. */
import { balancerHosts } from '../../cluster/balancer-hosts.js'
import { etcdPlace, formatEndpoint, type Cluster } from '../../cluster/model.js'
import {
  memberOf,
  quorumOf,
  removalObstacle,
  unfinishedObstacle,
  type QuorumMember,
} from '../../facts/quorum.js'
import type { HostFacts } from '../../facts/facts.js'
import type { Standing } from '../../facts/standing.js'
import type { ErrorReport } from '../../errors/index.js'
import { finding, listNames, type PreflightFinding } from '../../preflight/finding.js'
import { isAway } from '../drift/away.js'
import { isAnotherMachine, type LeavingHost } from './leaving.js'

/** What the refusals are decided from. */
export interface Removal {
  readonly file: Cluster
  /** The file's cluster without the leaving hosts. */
  readonly remaining: Cluster
  readonly leaving: readonly LeavingHost[]
  readonly facts: readonly HostFacts[]
  readonly unanswered: readonly ErrorReport[]
  readonly standing: Standing
}

type Refusal = (removal: Removal) => readonly PreflightFinding[]

/** Everything that forbids the removal. */
export function refusals(removal: Removal): readonly PreflightFinding[] {
  return [presence, controlPlanes, etcd, balancers, endpoint].flatMap((refusal) => refusal(removal))
}

const refused = (one: LeavingHost, message: string, hint?: string) =>
  finding('error', 'REMOVAL_REFUSED', one.host, message, hint)

/** A host is dead or it answers; the operator's word and the host must agree. */
const presence: Refusal = ({ leaving, facts, unanswered }) =>
  leaving.flatMap((one): readonly PreflightFinding[] => {
    const { name } = one.host
    const told = facts.find(({ host }) => host === name)
    const answers = told !== undefined && !isAnotherMachine(told, one.node)
    if (told !== undefined && !answers && !one.isDead) {
      return [
        refused(
          one,
          `another machine answers at ${one.host.address} (machine-id ${told.machineId})`,
          OTHER_HINT,
        ),
      ]
    }
    if (one.isDead && answers) {
      return [refused(one, 'it answers, so it is not dead', 'leave out --dead: it is drained and reset then')]
    }
    if (one.isDead || answers) return []
    const report = unanswered.find(({ host }) => host === name)
    if (report !== undefined && !isAway(report)) return [{ severity: 'error', ...report }]
    const message = `it does not answer (${report?.message ?? 'nothing is known of it'})`
    return [finding('error', 'HOST_AWAY', one.host, message, HOST_AWAY_HINT)]
  })

const OTHER_HINT =
  'if the machine of the node is gone for good, say so with --dead; nothing is done on the one that answers'

const HOST_AWAY_HINT =
  'bring the host back and remove it again; if it never comes back, say so with --dead: it is then taken out of the cluster without being drained or reset'

/** Another control plane must stay, and answer: it is asked for everything else. */
const controlPlanes: Refusal = ({ leaving, standing, remaining, facts }) => {
  const isLeaving = (name: string) => leaving.some(({ host }) => host.name === name)
  const [one] = leaving.filter(({ node }) => node?.role === 'control-plane')
  const staying = standing.nodes.filter(({ role, name }) => role === 'control-plane' && !isLeaving(name))
  if (staying.length === 0) {
    const last = one ?? leaving[0]
    return last === undefined ? [] : [refused(last, 'no control plane would be left', LAST_HINT)]
  }
  const answering = remaining.hosts.filter(
    ({ name, role }) => role === 'control-plane' && facts.some(({ host }) => host === name),
  )
  if (answering.length > 0) return []
  const names = listNames(staying.map(({ name }) => name))
  return leaving.slice(0, 1).map((first) => {
    const message = `of the control planes that stay (${names}) none answers`
    return refused(first, message, 'bring one of them back; it must be in the cluster file, too')
  })
}

const LAST_HINT =
  'join another control plane first: put it into the cluster file and run `quorate apply`, then remove this one'

/** Members leave one at a time, dead ones first; each must leave a majority that is healthy. */
const etcd: Refusal = (removal) => {
  const { leaving, standing, file } = removal
  if (etcdPlace(file) === 'elsewhere') return []
  const carrying = leaving.filter(({ host }) => host.role === 'control-plane' || host.role === 'etcd')
  const [first] = carrying
  if (first === undefined) return []
  if (standing.members === undefined) {
    const message = 'etcd does not say who its members are'
    return [refused(first, message, 'bring a majority of the etcd members back, then remove it')]
  }
  return departures(removal).flatMap(({ one, obstacle }) =>
    obstacle === undefined ? [] : [refused(one, obstacle, QUORUM_HINT)],
  )
}

const QUORUM_HINT =
  'bring the other etcd members back first, or remove those that never come back (--dead) before this one'

/** What the departure of a member leaves. */
export interface Departure {
  readonly one: LeavingHost
  /** The members that stay; those that leave later are among them. */
  readonly left: readonly QuorumMember[]
  readonly obstacle: string | undefined
}

/** The members that leave, one after the other. */
export function departures({
  leaving,
  standing,
}: Pick<Removal, 'leaving' | 'standing'>): readonly Departure[] {
  let members = standing.members ?? []
  return leaving.flatMap((one): readonly Departure[] => {
    const member = memberOf(members, one.host)
    if (member === undefined) return []
    const left = members.filter((other) => other !== member)
    const obstacle = departureObstacle(members, left, member)
    members = left
    return [{ one, left, obstacle }]
  })
}

function departureObstacle(
  members: readonly QuorumMember[],
  left: readonly QuorumMember[],
  member: QuorumMember,
): string | undefined {
  if (left.every(({ learner }) => learner) && !member.learner)
    return 'no etcd member with a vote would be left'
  return removalObstacle(members, member) ?? (member.learner ? undefined : unfinishedObstacle(left))
}

/** What etcd can bear after a departure, in words. */
export function bearing({ left }: Departure): string {
  const voters = left.filter(({ learner }) => !learner).length
  const spare = voters - quorumOf(voters)
  const may = spare === 0 ? 'none of them may fail' : `${spare} of them may fail`
  return voters === 1
    ? 'etcd keeps a single member, which must not fail'
    : `etcd keeps ${voters} members; ${may}`
}

/** Clients of the API must find another balancer at the endpoint. */
const balancers: Refusal = ({ file, remaining, leaving, facts }) => {
  const [one] = leaving.filter(({ host }) => balancerHosts(file).some(({ name }) => name === host.name))
  if (one === undefined) return []
  const staying = balancerHosts(remaining)
  if (staying.length === 0) {
    const message = 'no load balancer would be left: nothing would answer at the control plane endpoint'
    return [
      refused(one, message, 'put another load balancer into the cluster file and run `quorate apply` first'),
    ]
  }
  if (staying.some(({ name }) => facts.some(({ host }) => host === name))) return []
  const names = listNames(staying.map(({ name }) => name))
  return [
    refused(one, `of the load balancers that stay (${names}) none answers`, 'bring one of them back first'),
  ]
}

/** Every node reaches the API at the endpoint, which must not be an address that leaves. */
const endpoint: Refusal = ({ file, leaving }) => {
  const { controlPlaneEndpoint } = file.kubernetes
  return leaving
    .filter(({ host }) => [host.address, host.internalAddress].includes(controlPlaneEndpoint.host))
    .map((one) => {
      const message = `the control plane endpoint ${formatEndpoint(controlPlaneEndpoint)} is its address: every node would lose the API`
      return refused(one, message, 'a cluster keeps its endpoint; move the address to another host first')
    })
}
