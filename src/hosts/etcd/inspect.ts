/** etcd's members as an operator sees them: over SSH, without an operation and without Temporal. */
import { etcdHosts, etcdPlace, type Cluster } from '../../cluster/model.js'
import { QuorateError, type ErrorReport } from '../../errors/index.js'
import { lagOf, leads, type MemberStatus } from '../../facts/etcd-status.js'
import { memberOf, memberTitle } from '../../facts/quorum.js'
import type { SessionPool } from '../../ssh/index.js'
import { defined } from '../../values/defined.js'
import { etcdMembers, type EtcdMember } from './members.js'
import { memberStatuses } from './status.js'

/** A member of etcd. */
export interface MemberSeen {
  /** Its name in etcd; its peer URLs while it has none. */
  readonly name: string
  /** The host of the cluster file; missing if the file has none for it. */
  readonly host?: string
  /** In hexadecimal digits, as etcdctl shows it. */
  readonly id: string
  readonly learner: boolean
  /** What it says itself; missing if it does not answer. */
  readonly status?: {
    readonly version: string
    readonly leads: boolean
    /** Sizes in bytes: of its database, and of what is in use of it. */
    readonly bytes: number
    readonly bytesInUse: number
    readonly quota?: number
    readonly revision: number
    readonly raftTerm: number
    /** How many entries of the log it has yet to apply. */
    readonly lag: number
    /** E.g. `NOSPACE`. */
    readonly alarms: readonly string[]
  }
}

/** What was found. */
export interface MembersFound {
  readonly members: readonly MemberSeen[]
  /** Whether etcd lists its members, which takes a majority of them. Without, only those that answer are known. */
  readonly hasQuorum: boolean
  /** Why members on hosts of the file do not answer. */
  readonly unreachable: readonly ErrorReport[]
}

/**
 * Asks the members on all hosts that have one, each on its own.
 * @throws QuorateError `ETCD_UNREACHABLE` for an etcd that somebody else runs.
 */
export async function inspectMembers(sessions: SessionPool, cluster: Cluster): Promise<MembersFound> {
  if (etcdPlace(cluster) === 'elsewhere') throw foreignEtcd()
  const hosts = etcdHosts(cluster)
  const { statuses, silent } = await memberStatuses(sessions, hosts)
  const listed = await list(sessions, cluster, statuses)
  const hostOf = (member: EtcdMember) => hosts.find((host) => memberOf([member], host) !== undefined)?.name
  const known = listed ?? statuses.map(unlisted)
  const members = known.map((member): MemberSeen => {
    const status = statuses.find(({ memberId }) => BigInt(memberId).toString(16) === member.id)
    const host = status?.host ?? hostOf(member)
    return {
      name: memberTitle(member),
      id: member.id,
      learner: member.learner,
      ...defined({ host, status: status && said(status, statuses) }),
    }
  })
  return { members, hasQuorum: listed !== undefined, unreachable: silent }
}

/** For what is asked of an etcd whose hosts are not in the file. */
export function foreignEtcd(): QuorateError {
  return new QuorateError('ETCD_UNREACHABLE', 'spec.etcd.endpoints names an etcd that Quorate does not run', {
    hint: 'ask where that etcd is run',
  })
}

/** Undefined while there is no majority. */
async function list(
  sessions: SessionPool,
  cluster: Cluster,
  statuses: readonly MemberStatus[],
): Promise<readonly EtcdMember[] | undefined> {
  for (const { host: name } of statuses) {
    const host = etcdHosts(cluster).find((one) => one.name === name)
    const members =
      host &&
      (await sessions
        .session(host)
        .then(etcdMembers)
        .catch(() => undefined))
    if (members !== undefined) return members
  }
  return undefined
}

function unlisted({ host, memberId, learner }: MemberStatus): EtcdMember {
  const id = BigInt(memberId).toString(16)
  return { id, name: host, started: true, learner, peerUrls: [], clientUrls: [] }
}

function said(status: MemberStatus, all: readonly MemberStatus[]): NonNullable<MemberSeen['status']> {
  const { version, bytes, bytesInUse, quota, revision, raftTerm, memberId } = status
  const own = all.flatMap(({ alarms }) => alarms).filter((one) => one.memberId === memberId)
  return {
    version,
    leads: leads(status),
    bytes,
    bytesInUse,
    ...defined({ quota }),
    revision,
    raftTerm,
    lag: lagOf(status, all),
    alarms: [...new Set(own.map(({ alarm }) => alarm))],
  }
}
