/** Asks etcd about its health, wherever its members run: on control planes, on etcd hosts, or with somebody else. */
import { etcdHosts, etcdPlace, hostsWithRole } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import type { Session } from '../../ssh/index.js'
import { memberOf, memberTitle } from '../../facts/quorum.js'
import { etcdMembers, etcdObstacle, type EtcdMember } from './members.js'
import { answersHealthy } from './gateway.js'
import { waitUntil } from '../wait.js'
import type { HostContext } from '../context.js'

/** Why etcd is not whole, and the host concerned. */
export interface EtcdTrouble {
  readonly host: string
  readonly reason: string
}

/**
 * A host whose etcdctl can ask etcd: with stacked etcd the control plane itself, otherwise the first etcd host whose
 * member answers for a majority. Undefined if somebody else runs etcd.
 * @throws QuorateError `ETCD_UNREACHABLE`, or of the SSH_ family, when no member answers.
 */
export async function askEtcd(context: HostContext, controlPlane: Session): Promise<Session | undefined> {
  switch (etcdPlace(context.cluster)) {
    case 'control-planes':
      return controlPlane
    case 'etcd-hosts':
      return answeringMember(context)
    case 'elsewhere':
      return undefined
  }
}

/** The first etcd host whose member answers; throws as {@link askEtcd} does. */
export async function answeringMember(context: HostContext): Promise<Session> {
  const failures: unknown[] = []
  for (const host of hostsWithRole(context.cluster, 'etcd')) {
    try {
      const session = await context.sessions.session(host, context.signal)
      await etcdMembers(session)
      return session
    } catch (error) {
      context.signal.throwIfAborted()
      failures.push(error)
    }
  }
  const reasons = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)))
  throw new QuorateError('ETCD_UNREACHABLE', `no etcd member answers: ${reasons.join('; ')}`, {
    step: 'etcd',
  })
}

/** Why no cluster may be created on etcd, and no member added to it, now; undefined when it is whole. */
async function etcdTrouble(
  context: HostContext,
  controlPlane: Session,
  mayBeUnwell?: (member: EtcdMember) => boolean,
): Promise<EtcdTrouble | undefined> {
  const asked = await askEtcd(context, controlPlane)
  if (asked === undefined) return foreignTrouble(context, controlPlane)
  const obstacle = await etcdObstacle(asked, mayBeUnwell)
  if (obstacle === undefined) return undefined
  const owner = etcdHosts(context.cluster).find((host) => memberOf([obstacle.member], host) !== undefined)
  return { host: owner?.name ?? asked.host.name, reason: obstacle.reason }
}

/**
 * Like {@link etcdTrouble}, but also compares the members with the cluster file: every etcd host must be a member, and
 * every member must be one of those hosts or a bystander. A member whose host is away may be unhealthy.
 * @returns the trouble, and the names of the members, or the endpoints of an etcd that somebody else runs.
 */
export async function etcdStanding(
  context: HostContext,
  controlPlane: Session,
): Promise<{ readonly trouble: EtcdTrouble | undefined; readonly members: readonly string[] }> {
  const { etcd, bystanders = [] } = context.cluster
  const away = bystanders.filter(({ why }) => why === 'away')
  const isAway = (member: EtcdMember) => away.some((one) => memberOf([member], one) !== undefined)
  const trouble = await etcdTrouble(context, controlPlane, isAway)
  const asked = await askEtcd(context, controlPlane)
  if (asked === undefined) return { trouble, members: etcd.topology === 'external' ? etcd.endpoints : [] }
  const members = await etcdMembers(asked)
  const hosts = etcdHosts(context.cluster)
  const known = [...hosts, ...bystanders]
  const names = members.map(({ name }) => name).sort()
  const stranger = members.find((member) => known.every((one) => memberOf([member], one) === undefined))
  const absent = hosts.find((host) => memberOf(members, host) === undefined)
  if (trouble !== undefined) return { trouble, members: names }
  if (stranger !== undefined) {
    const kind = etcdPlace(context.cluster) === 'control-planes' ? 'control plane' : 'etcd host'
    const reason = `etcd has a member ${memberTitle(stranger)}, but the cluster file has no such ${kind}`
    return { trouble: { host: asked.host.name, reason }, members: names }
  }
  if (absent === undefined) return { trouble: undefined, members: names }
  return { trouble: { host: absent.name, reason: 'its etcd member is missing' }, members: names }
}

/**
 * Waits until etcd is whole. Calls `before` before each look.
 * @throws QuorateError `ETCD_UNHEALTHY` when it is not whole for a long time.
 */
export async function waitForWholeEtcd(
  context: HostContext,
  controlPlane: Session,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  let culprit = controlPlane.host.name
  await waitUntil(
    context,
    async () => {
      await before()
      const trouble = await etcdTrouble(context, controlPlane)
      if (trouble !== undefined) culprit = trouble.host
      return trouble?.reason
    },
    (reason) => new QuorateError('ETCD_UNHEALTHY', reason, { host: culprit, step: 'etcd' }),
    { timeoutMs: context.patience.etcd },
  )
}

/** Asks an etcd that somebody else runs as API servers do: from a control plane, with their certificate. */
async function foreignTrouble({ cluster }: HostContext, session: Session): Promise<EtcdTrouble | undefined> {
  if (cluster.etcd.topology === 'stacked') return undefined
  for (const endpoint of cluster.etcd.endpoints) {
    if (await answersHealthy(session, endpoint)) continue
    return { host: session.host.name, reason: `etcd at ${endpoint} does not say that it is healthy` }
  }
  return undefined
}
