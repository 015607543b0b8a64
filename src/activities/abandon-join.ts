/**
 * Cleans up in etcd after a control plane's join has failed, so that others can join. A member that already votes is
 * removed only if the operator decides so, and never at the cost of quorum. The host itself is not needed.
 */
import type { Host } from '../cluster/model.js'
import type { SkipConsequence, StepOutcome } from '../operations/steps.js'
import { QuorateError } from '../errors/index.js'
import { unitState } from '../ssh/index.js'
import { revokeBootstrapTokens } from '../hosts/kubernetes/bootstrap-token.js'
import { mayAbandon, settleMember, type VoterRemoval } from '../planning/changes/failed-join.js'
import { isVoter, memberOf } from '../facts/quorum.js'
import { takeMemberOut } from '../hosts/etcd/member-removal.js'
import { judgedMembers, removeMember } from '../hosts/etcd/members.js'
import { deleteNode, isAnotherMachine } from './undo-join.js'
import { localApi, type ClusterApi } from '../hosts/kubernetes/cluster-api.js'
import { findNode } from '../hosts/kubernetes/nodes.js'
import type { HostContext } from '../hosts/context.js'

/**
 * Settles a failed join before its step is parked. If the join has ended, its learner is removed: it can never start,
 * and the next join would wait for it. `step` is that of the first control plane.
 * @returns what skipping the host would mean now.
 */
export async function settleJoin(context: HostContext, host: Host): Promise<SkipConsequence> {
  const { session, cluster } = context
  if (cluster.etcd.topology === 'external') return {}
  const members = await judgedMembers(session)
  const member = memberOf(members, host)
  if (member === undefined) return {}
  const { isRemoved, consequence } = settleMember(members, member, host.name)
  if (isRemoved && !(await mayStillJoin(context, host))) await removeMember(session, member)
  return consequence
}

/** Whether the join may still be running: a host that cannot be reached may still be joining. */
async function mayStillJoin(context: HostContext, host: Host): Promise<boolean> {
  try {
    const session = await context.sessions.session(host, context.signal)
    return (await unitState(session, { operation: context.operation, name: 'kubeadm-join' })) === 'running'
  } catch {
    context.signal.throwIfAborted()
    return true
  }
}

/**
 * Removes the etcd member of `host`; `step` is that of the first control plane.
 * @param voter why the member may be removed even if it votes, and its node with it; undefined if it may not.
 * @throws QuorateError `STEP_NOT_SKIPPABLE` when it votes and may not be removed, `ETCD_QUORUM_AT_RISK`.
 */
export async function abandonJoin(
  context: HostContext,
  host: Host,
  voter?: VoterRemoval,
): Promise<StepOutcome> {
  const api = localApi(context.cluster, context.session)
  await revokeBootstrapTokens(api, host.name)
  if (context.cluster.etcd.topology === 'external') {
    return { changed: false, summary: `${host.name} was to carry no etcd member` }
  }
  const removed = await removeMemberAndNode(context, api, host, voter)
  return {
    changed: removed,
    summary: removed ? `removed the etcd member of ${host.name}` : `etcd has no member of ${host.name}`,
  }
}

/** Removes the etcd members that abandoned joins have added in the meantime. */
export async function abandonLateJoins(
  context: HostContext,
  via: ClusterApi,
  hosts: readonly Host[],
): Promise<void> {
  for (const host of hosts) {
    if (await removeMemberAndNode(context, via, host, 'late')) {
      context.report(`removed the etcd member of ${host.name}, which joined although it was left out`)
    }
  }
}

async function removeMemberAndNode(
  context: HostContext,
  api: ClusterApi,
  host: Host,
  voter: VoterRemoval | undefined,
): Promise<boolean> {
  const removed = await takeMemberOut(context, api.session, host, {
    obstacle: (member) => {
      if (!mayAbandon(member, voter)) throw memberVotes(host)
      return undefined
    },
  })
  const votes = removed !== undefined && isVoter(removed)
  // With `shown` the node goes even if the member is already gone: an attempt may have been cut off between the two.
  if (votes || voter === 'shown') await deleteNodeOf(api, host)
  return removed !== undefined
}

async function deleteNodeOf(api: ClusterApi, host: Host): Promise<void> {
  const node = await findNode(api, host.name)
  if (node !== undefined && !isAnotherMachine(host, node)) await deleteNode(api, node)
}

function memberVotes(host: Host): QuorateError {
  return new QuorateError('STEP_NOT_SKIPPABLE', 'its etcd member votes now', {
    host: host.name,
    step: 'kubeadm join',
    hint: `run \`quorate resume\` to see what skipping ${host.name} does now, or fix ${host.name} and retry the step`,
  })
}
