/** etcd's members as a table. */
import type { MemberSeen, MembersFound } from '../../../client/over-ssh.js'
import { plainLine } from '../../../values/plain-text.js'
import { count } from '../../../values/words.js'
import type { Style } from '../../io.js'
import { formatBytes } from '../bytes.js'
import { renderReport } from '../report.js'
import { renderTable } from '../table.js'

const HEADER = ['MEMBER', 'HOST', 'ID', 'VERSION', 'SIZE', 'IN USE', 'ROLE', 'LAG', 'ALARMS']

/** By how many entries a member may lag while all goes well: a busy etcd is never all at one. */
const LITTLE_LAG = 1_000

/** Whether etcd has a quorum, and every member answers, votes, keeps up and has no alarm. */
export function isWell({ members, hasQuorum, unreachable }: MembersFound): boolean {
  return hasQuorum && unreachable.length === 0 && members.every((one) => troubleOf(one) === undefined)
}

/** The table, members that do not answer, and the state of the whole. */
export function renderMembers(cluster: string, found: MembersFound, style: Style): string[] {
  const { members, unreachable } = found
  return [
    ...renderTable(
      HEADER,
      members.map((one) => row(one, style)),
      style,
    ),
    ...unreachable.flatMap((report) => ['', ...renderReport(report, style)]),
    '',
    summary(cluster, found, style),
  ]
}

function row({ name, host, id, learner, status }: MemberSeen, style: Style): readonly string[] {
  const member = [
    style.bold(plainLine(name)),
    host === undefined ? style.yellow('not in file') : plainLine(host),
    plainLine(id),
  ]
  if (status === undefined) return [...member, style.red('does not answer')]
  const { version, bytes, bytesInUse, leads, lag, alarms } = status
  const share = bytes === 0 ? 0 : Math.round((bytesInUse / bytes) * 100)
  return [
    ...member,
    plainLine(version),
    formatBytes(bytes),
    `${formatBytes(bytesInUse)} (${share} %)`,
    learner ? style.yellow('learner') : leads ? style.green('leader') : 'follower',
    lag > LITTLE_LAG ? style.yellow(String(lag)) : String(lag),
    alarms.length === 0 ? '' : style.red(plainLine(alarms.join(', '))),
  ]
}

function troubleOf({ name, learner, status }: MemberSeen): string | undefined {
  if (status === undefined) return `${name} does not answer`
  if (learner) return `${name} is still a learner`
  if (status.alarms.length > 0) return `${name} has the alarm ${status.alarms.join(', ')}`
  return status.lag > LITTLE_LAG ? `${name} is ${status.lag} entries behind` : undefined
}

function summary(cluster: string, { members, hasQuorum }: MembersFound, style: Style): string {
  const name = style.bold(plainLine(cluster))
  if (!hasQuorum)
    return `${style.red('✘')} ${name}: etcd has no quorum; ${count(members.length, 'member')} answer`
  const troubles = members.flatMap((one) => troubleOf(one) ?? [])
  if (troubles.length > 0) return `${style.yellow('⚠')} ${name}: ${plainLine(troubles.join('; '))}`
  return `${style.green('✔')} ${name}: ${count(members.length, 'etcd member')}, all well`
}
