/**
 * A member of external etcd. The kubelet runs it on its host as a static pod, and the step is done when etcd counts its
 * vote. Founding members start together; a later one is added as a learner and then promoted.
 */
import {
  renderMemberConfiguration,
  type MemberBeginning,
} from '../configuration/kubeadm/render-etcd-member.js'
import { peerUrl } from '../configuration/etcd/urls.js'
import { hostsWithRole, type Host } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import { waitForOthers } from '../hosts/durable.js'
import { waitForVote } from '../hosts/etcd/learner-promotion.js'
import { etcdctl, etcdMembers, etcdObstacle, type EtcdMember } from '../hosts/etcd/members.js'
import { memberOf } from '../facts/quorum.js'
import { answeringMember } from '../hosts/etcd/health.js'
import {
  joinedCluster,
  memberStart,
  memberTraces,
  type MemberStart,
  type MemberTraces,
} from '../hosts/etcd/member-start.js'
import { placeMemberCertificates } from '../hosts/etcd/certificates.js'
import { superviseEtcd } from '../hosts/etcd/kubelet.js'
import { runPhaseWith } from '../hosts/kubeadm/run.js'
import { waitUntil } from '../hosts/wait.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/** Makes the host of the step a voting member; `authority` is the etcd host that issues certificates. */
export async function runEtcdMember(context: HostContext, authority: Host): Promise<StepOutcome> {
  await waitForOthers(context)
  const own = await memberTraces(context.session)
  const start = own.hasData ? ({ kind: 'goes-on' } as const) : await decide(context)
  const certified = await placeMemberCertificates(context, authority, own.hasData)
  const supervised = await superviseEtcd(context)
  const beginning = await begin(context, start)
  const begun = await writeManifest(context, own, beginning)
  await waitForVote(context)
  const changed = certified || supervised || begun
  return { changed, summary: changed ? 'etcd member, votes' : 'etcd member already' }
}

/** Looks until it is clear how the member starts. */
async function decide(context: HostContext): Promise<MemberStart> {
  let start: MemberStart = { kind: 'waits' }
  await waitUntil(
    context,
    async () => {
      const hosts = hostsWithRole(context.cluster, 'etcd')
      const traces = await Promise.all(
        hosts.map(async (host) => memberTraces(await context.sessions.session(host, context.signal))),
      )
      const nobodyRuns = traces.every(({ hasData }) => !hasData)
      const members = nobodyRuns ? undefined : await knownMembers(context)
      start = memberStart({ host: context.host, hosts, traces, members })
      return start.kind === 'waits' ? 'etcd has members, but no majority of them answers' : undefined
    },
    (reason) => context.error('ETCD_UNHEALTHY', reason, { step: 'etcd' }),
    { timeoutMs: context.patience.etcd },
  )
  return start
}

async function knownMembers(context: HostContext): Promise<readonly EtcdMember[] | undefined> {
  try {
    return await etcdMembers(await answeringMember(context))
  } catch (error) {
    if (error instanceof QuorateError && error.code === 'ETCD_UNREACHABLE') return undefined
    throw error
  }
}

/** How the manifest must make the member start; undefined if it has started already. */
async function begin(context: HostContext, start: MemberStart): Promise<MemberBeginning | undefined> {
  switch (start.kind) {
    case 'founds':
      return { state: 'new', initialCluster: start.initialCluster }
    case 'joins':
      return { state: 'existing', initialCluster: start.initialCluster }
    case 'is-added':
      return { state: 'existing', initialCluster: joinedCluster(context.host, await addMember(context)) }
    case 'goes-on':
    case 'waits':
      return undefined
    case 'data-lost':
      throw context.error('ETCD_DATA_LOST', 'its etcd member has voted before, but its data is gone', {
        step: 'etcd',
        hint: 'mount the disk that holds /var/lib/etcd again and retry; if the data is really gone, remove the old member with `etcdctl member remove` on another etcd host, then retry: it is added again',
      })
  }
}

/** Adds the host as a learner once etcd is whole; etcd itself accepts only one at a time. */
async function addMember(context: HostContext): Promise<readonly EtcdMember[]> {
  let members: readonly EtcdMember[] = []
  await waitUntil(
    context,
    async () => {
      const via = await answeringMember(context)
      members = await etcdMembers(via)
      if (memberOf(members, context.host) !== undefined) return undefined
      const obstacle = await etcdObstacle(via)
      if (obstacle !== undefined) return obstacle.reason
      await etcdctl(
        via,
        'member',
        'add',
        context.host.name,
        `--peer-urls=${peerUrl(context.host)}`,
        '--learner',
      )
      // The answer may be lost although the members agreed to the addition: the list shows it.
      members = await etcdMembers(via)
      return memberOf(members, context.host) === undefined ? 'etcd accepts no new member yet' : undefined
    },
    (reason) => context.error('ETCD_UNHEALTHY', reason, { step: 'etcd' }),
    { timeoutMs: context.patience.etcd },
  )
  return members
}

/** Has kubeadm write the manifest, from which the kubelet starts the member. A running member is left as it is. */
async function writeManifest(
  context: HostContext,
  own: MemberTraces,
  beginning: MemberBeginning | undefined,
): Promise<boolean> {
  const isThere = own.initialCluster !== undefined
  if (isThere && (beginning === undefined || beginning.initialCluster === own.initialCluster)) return false
  // A member with data follows its data, whatever the manifest says about how it starts.
  const told = beginning ?? { state: 'existing', initialCluster: joinedCluster(context.host, []) }
  const configuration = renderMemberConfiguration(context.cluster, context.host, { beginning: told })
  await runPhaseWith(context, 'etcd local', configuration)
  return true
}
