/**
 * What becomes of a control plane's join that failed: what it left in etcd goes, so that others can join, and a member
 * that votes already goes only by the operator's word and not at the price of quorum. The host itself is not needed.
 */
import type { Host } from '../cluster/model.js'
import type { SkipConsequence, StepOutcome } from '../operations/contract.js'
import { QuorateError } from '../errors/index.js'
import { unitState } from '../ssh/index.js'
import { revokeBootstrapTokens } from '../hosts/kubernetes/bootstrap-token.js'
import {
  etcdMembers,
  healthyEndpoints,
  isVoter,
  memberOf,
  removalObstacle,
  removeMember,
  votersWithout,
} from '../hosts/etcd/health.js'
import { deleteNode, isAnotherMachine, takeMemberOut } from './undo-join.js'
import { findNode, localApi, type ClusterApi } from '../hosts/kubernetes/kubectl.js'
import type { HostContext } from '../hosts/context.js'

/**
 * Why a member that votes may be taken out: the operator was `shown` that it would be, or the host was left out before
 * and joined `late`.
 */
export type VoterRemoval = 'shown' | 'late'

/**
 * Settles a join that failed, before its host is parked. A learner whose join has ended goes: it can never start, and
 * the next join would wait for it. `step` is that of the first control plane.
 * @returns what skipping the host would mean now.
 */
export async function settleJoin(step: HostContext, host: Host): Promise<SkipConsequence> {
  const { session, cluster } = step
  if (cluster.etcd.topology === 'external') return {}
  const members = await etcdMembers(session)
  const member = memberOf(members, host)
  if (member === undefined) return {}
  const healthy = await healthyEndpoints(session)
  const obstacle = removalObstacle(members, healthy, member)
  if (!isVoter(member)) {
    if (obstacle === undefined && !(await mayStillJoin(step, host))) await removeMember(session, member)
    return {}
  }
  if (obstacle !== undefined) {
    const way = `bring those or ${host.name} itself back, and retry`
    return { notSkippable: `its etcd member votes already, and ${obstacle}; ${way}` }
  }
  const { alive, remaining, quorum } = votersWithout(members, healthy, member)
  const left = `${alive.length} of the ${remaining.length} voters left are healthy, ${quorum} are needed`
  return { onSkip: `removes its etcd member, which votes already (${left}), and deletes its node` }
}

/** A host that is out of reach may still be at it. */
async function mayStillJoin(step: HostContext, host: Host): Promise<boolean> {
  try {
    const session = await step.sessions.session(host, step.signal)
    return (await unitState(session, { operation: step.operation, step: 'kubeadm-join' })) === 'running'
  } catch {
    step.signal.throwIfAborted()
    return true
  }
}

/**
 * Takes the etcd member of `host` out; `step` is that of the first control plane.
 * @param voter why it may go although it votes, and its node with it; undefined where it may not.
 * @throws QuorateError `STEP_NOT_SKIPPABLE` when it votes and may not go, `ETCD_QUORUM_AT_RISK`.
 */
export async function abandonJoin(step: HostContext, host: Host, voter?: VoterRemoval): Promise<StepOutcome> {
  const api = localApi(step.cluster, step.session)
  await revokeBootstrapTokens(api, host.name)
  if (step.cluster.etcd.topology === 'external') {
    return { changed: false, summary: `${host.name} was to carry no etcd member` }
  }
  const removed = await removeMemberAndNode(step, api, host, voter)
  return {
    changed: removed,
    summary: removed ? `took the etcd member of ${host.name} out` : `etcd has no member of ${host.name}`,
  }
}

/** Takes out what joins that were given up have brought to etcd since. */
export async function abandonLateJoins(
  step: HostContext,
  via: ClusterApi,
  hosts: readonly Host[],
): Promise<void> {
  for (const host of hosts) {
    if (await removeMemberAndNode(step, via, host, 'late')) {
      step.report(`removed the etcd member of ${host.name}, which was left out and joined all the same`)
    }
  }
}

async function removeMemberAndNode(
  step: HostContext,
  api: ClusterApi,
  host: Host,
  voter: VoterRemoval | undefined,
): Promise<boolean> {
  const removed = await takeMemberOut(step, api.session, host, (member) => {
    if (isVoter(member) && voter === undefined) throw memberVotes(host)
  })
  const votes = removed !== undefined && isVoter(removed)
  // Shown: also where an attempt was cut off between the two.
  if (votes || voter === 'shown') await deleteNodeOf(api, host)
  return removed !== undefined
}

async function deleteNodeOf(api: ClusterApi, host: Host): Promise<void> {
  const node = await findNode(api, host.name)
  if (node !== undefined && !isAnotherMachine(host, node)) await deleteNode(api, node)
}

function memberVotes(host: Host): QuorateError {
  return new QuorateError('STEP_NOT_SKIPPABLE', 'its etcd member votes by now', {
    host: host.name,
    step: 'kubeadm join',
    hint: `\`quorate resume\` shows what skipping ${host.name} does now; or fix ${host.name} and retry the step`,
  })
}
