/** What a member of etcd says of itself, asked on its own host. It answers without a quorum, too. */
import { z } from 'zod'
import type { Host } from '../../cluster/model.js'
import { QuorateError, reportError, type ErrorReport } from '../../errors/index.js'
import type { MemberStatus } from '../../facts/etcd-status.js'
import type { Session, SessionPool } from '../../ssh/index.js'
import { defined } from '../../values/defined.js'
import { readJson } from '../json.js'
import { etcdctl } from './members.js'

// Fields that are zero are left out.
const STATUS = z.tuple([
  z.looseObject({
    Status: z.looseObject({
      header: z.looseObject({
        cluster_id: z.string(),
        member_id: z.string(),
        revision: z.number().default(0),
        raft_term: z.number().default(0),
      }),
      version: z.string(),
      dbSize: z.number().default(0),
      dbSizeInUse: z.number().optional(),
      dbSizeQuota: z.number().optional(),
      leader: z.string().optional(),
      raftIndex: z.number().default(0),
      raftAppliedIndex: z.number().default(0),
      errors: z.array(z.string()).default([]),
      isLearner: z.boolean().default(false),
    }),
  }),
])

/** Numbers of 64 bits, which would lose digits as JavaScript numbers. */
const IDS = /"(cluster_id|member_id|leader)":(\d+)/g

/** As `(*AlarmMember).String()` of etcd's api/etcdserverpb prints it. From etcd 3.7 on, its blanks vary on purpose. */
const ALARM = /memberID:\s*(\d+)\s+alarm:\s*(\w+)/

/**
 * The status of the member on the host.
 * @throws QuorateError `ETCD_UNREACHABLE` when it does not answer.
 */
export async function memberStatus(session: Session): Promise<MemberStatus> {
  const result = await etcdctl(session, 'endpoint', 'status', '-w', 'json')
  const line = result.stdout.split('\n').find((candidate) => candidate.startsWith('['))
  if (result.exitCode !== 0 || line === undefined) {
    throw new QuorateError('ETCD_UNREACHABLE', 'the etcd member does not tell its status', {
      host: session.host.name,
      step: 'etcd',
      output: result.stderr.slice(-2000),
    })
  }
  const program = 'etcdctl endpoint status'
  const [{ Status: said }] = readJson(session, line.replaceAll(IDS, '"$1":"$2"'), STATUS, program)
  const leaderId = said.leader === '0' ? undefined : said.leader
  return {
    host: session.host.name,
    memberId: said.header.member_id,
    clusterId: said.header.cluster_id,
    ...defined({ leaderId }),
    version: said.version,
    revision: said.header.revision,
    bytes: said.dbSize,
    bytesInUse: said.dbSizeInUse ?? said.dbSize,
    ...(said.dbSizeQuota === undefined || said.dbSizeQuota === 0 ? {} : { quota: said.dbSizeQuota }),
    learner: said.isLearner,
    raftTerm: said.header.raft_term,
    raftIndex: said.raftIndex,
    raftAppliedIndex: said.raftAppliedIndex,
    alarms: said.errors.flatMap((error) => {
      const [, memberId, alarm] = ALARM.exec(error) ?? []
      return memberId === undefined || alarm === undefined ? [] : [{ memberId, alarm }]
    }),
  }
}

/** The members of these hosts that answer, and why the others do not. */
export async function memberStatuses(
  sessions: SessionPool,
  hosts: readonly Host[],
  signal?: AbortSignal,
): Promise<{ readonly statuses: readonly MemberStatus[]; readonly silent: readonly ErrorReport[] }> {
  const outcomes = await Promise.all(
    hosts.map(async (host) => {
      try {
        return { status: await memberStatus(await sessions.session(host, signal)) }
      } catch (error) {
        signal?.throwIfAborted()
        return { report: { host: host.name, ...reportError(error) } }
      }
    }),
  )
  return {
    statuses: outcomes.flatMap(({ status }) => (status === undefined ? [] : [status])),
    silent: outcomes.flatMap(({ report }) => (report === undefined ? [] : [report])),
  }
}
