/**
 * Gives the space back that deleted values have left in the database of a member. Meanwhile it answers nobody, so all
 * others must be well, and another one leads.
 */
import { etcdHosts } from '../../cluster/model.js'
import { disturbanceObstacle, hasAlarm, leads, type MemberStatus } from '../../facts/etcd-status.js'
import { memberOf } from '../../facts/quorum.js'
import { hasRoom, NO_SPACE, pays } from '../../planning/defragment/pays.js'
import { lastLines } from '../../ssh/index.js'
import { count } from '../../values/words.js'
import type { HostContext } from '../context.js'
import { runDurably, waitForOthers } from '../durable.js'
import { waitUntil } from '../wait.js'
import { moveLeadership } from './leader.js'
import { etcdctl, etcdctlCommand, etcdMembers } from './members.js'
import { memberStatus, memberStatuses } from './status.js'

const STEP = 'etcd defragmentation'

/** Far more than a database of 8 GiB needs on a slow disk; etcdctl itself would give up after 5 seconds. */
const COMMAND_TIMEOUT = '40m'

/**
 * Defragments the member of the step's host, if that pays.
 * @returns the size of its database, in bytes.
 * @throws QuorateError `ETCD_UNHEALTHY` when not all members are well for a long time.
 */
export async function defragment(context: HostContext): Promise<number> {
  const { session, host } = context
  await waitForOthers(context)
  const own = await memberStatus(session)
  if (!pays(own)) return own.bytes
  const all = await waitForWellMembers(context)
  if (all.length > 1) await handOver(context, all)
  await runDurably(context, {
    unit: 'etcd-defragmentation',
    title: STEP,
    command: etcdctlCommand(host, 'defrag', '--command-timeout', COMMAND_TIMEOUT),
    failure: (exitCode, output) =>
      context.error('ETCD_UNHEALTHY', `etcdctl defrag ended with ${exitCode}`, {
        step: STEP,
        output: lastLines(output),
      }),
  })
  await waitForWellMembers(context)
  return (await memberStatus(session)).bytes
}

/** How long a compaction may take, which etcdctl itself ends after 10 minutes. */
const COMPACTION_MS = 11 * 60_000

/** What every member says, as soon as all of them are well. */
async function waitForWellMembers(context: HostContext): Promise<readonly MemberStatus[]> {
  const { session, sessions, cluster, signal } = context
  let all: readonly MemberStatus[] = []
  await waitUntil(
    context,
    async () => {
      const listed = await etcdMembers(session)
      all = (await memberStatuses(sessions, etcdHosts(cluster), signal)).statuses
      return disturbanceObstacle(all, listed)
    },
    (reason) => context.error('ETCD_UNHEALTHY', reason, { step: STEP }),
    { timeoutMs: context.patience.etcd },
  )
  return all
}

/** An alarm makes every member count as unhealthy, so their own answers decide who may lead. */
async function handOver(context: HostContext, all: readonly MemberStatus[]): Promise<void> {
  const { session, host } = context
  if (!all.some((one) => one.host === host.name && leads(one))) return
  const members = (await etcdMembers(session)).map((member) => ({ ...member, healthy: true }))
  const own = memberOf(members, host)
  const heir = own && (await moveLeadership(session, members, own))
  if (heir !== undefined) context.report(`${heir} leads etcd`)
}

/**
 * Drops all revisions but the last of every value: API servers cannot do it themselves while etcd takes no writes.
 * @returns the revision; undefined if etcd has room.
 */
export async function compact(context: HostContext): Promise<number | undefined> {
  const { session, host } = context
  const status = await memberStatus(session)
  if (!hasAlarm([status], NO_SPACE)) return undefined
  // Only after a physical compaction is the space free, which a defragmentation then gives back.
  const words = ['compact', '--physical', String(status.revision), '--command-timeout', '10m']
  const result = await session.run(etcdctlCommand(host, ...words), { root: true, timeoutMs: COMPACTION_MS })
  // An earlier attempt may have done it.
  if (result.exitCode === 0 || /has been compacted/.test(result.stderr)) return status.revision
  throw context.error('ETCD_UNHEALTHY', `etcdctl compact ended with ${result.exitCode}`, {
    step: STEP,
    output: lastLines(result.stderr),
  })
}

/**
 * Disarms NOSPACE, if every database has room below its quota.
 * @returns whether there was such an alarm.
 * @throws QuorateError `ETCD_UNHEALTHY` if there is no room, or the alarm stays.
 */
export async function disarm(context: HostContext): Promise<boolean> {
  const { session, sessions, cluster, signal } = context
  const { statuses } = await memberStatuses(sessions, etcdHosts(cluster), signal)
  if (!hasAlarm(statuses, NO_SPACE)) return false
  const full = statuses.filter((one) => !hasRoom(one))
  if (full.length > 0) {
    const names = full.map(({ host }) => host).join(', ')
    const message = `${count(full.length, 'database')} still without room: ${names}`
    throw context.error('ETCD_UNHEALTHY', message, {
      step: STEP,
      hint: 'delete what fills etcd, or give etcd a larger --quota-backend-bytes, then retry',
    })
  }
  const result = await etcdctl(session, 'alarm', 'disarm')
  if (result.exitCode !== 0 || hasAlarm([await memberStatus(session)], NO_SPACE)) {
    throw context.error('ETCD_UNHEALTHY', 'the alarm NOSPACE is not disarmed', {
      step: STEP,
      output: lastLines(result.stderr),
    })
  }
  return true
}
