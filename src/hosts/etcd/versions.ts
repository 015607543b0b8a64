/** The versions of etcd's members, as each of them tells. */
import { z } from 'zod'
import type { Session } from '../../ssh/index.js'
import { QuorateError } from '../../errors/index.js'
import { readJson } from '../json.js'
import { etcdctl, etcdMembers } from './members.js'

/** A member that answers, and its version. */
export interface MemberVersion {
  readonly name: string
  /** E.g. `3.6.8`. */
  readonly version: string
  readonly leader: boolean
}

const STATUS = z.array(
  z.looseObject({
    Endpoint: z.string(),
    Status: z.looseObject({
      header: z.looseObject({ member_id: z.number() }),
      version: z.string(),
      leader: z.number(),
    }),
  }),
)

/**
 * The members that answer. One that is down is left out.
 * @throws QuorateError `ETCD_UNREACHABLE` when the member on this host cannot be asked.
 */
export async function memberVersions(session: Session): Promise<readonly MemberVersion[]> {
  const members = await etcdMembers(session)
  const result = await etcdctl(session, 'endpoint', 'status', '--cluster', '-w', 'json')
  const line = result.stdout.split('\n').find((candidate) => candidate.startsWith('['))
  if (line === undefined) {
    throw new QuorateError('ETCD_UNREACHABLE', 'etcd does not tell the versions of its members', {
      host: session.host.name,
      step: 'etcd',
      output: result.stderr.slice(-2000),
    })
  }
  const statuses = readJson(session, line, STATUS, 'etcdctl endpoint status')
  return statuses.flatMap(({ Endpoint, Status }) => {
    const member = members.find(({ clientUrls }) => clientUrls.includes(Endpoint))
    if (member === undefined) return []
    return [{ name: member.name, version: Status.version, leader: Status.leader === Status.header.member_id }]
  })
}
