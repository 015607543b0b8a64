/** What the steps of a reset ask of activities. */
import { narrow, type Host } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import type { ResetRequest } from '../../operations/input.js'
import type { ResetPhase } from '../../operations/reset-phases.js'
import { foreignReason } from '../../planning/reset/allegiance.js'
import type { ResettingHost } from '../../planning/reset/changes.js'
import type { ResetPlan } from '../../planning/reset/plan.js'
import { pinned } from '../../planning/remove/leaving.js'
import { activities } from '../run/activity-policies.js'
import { failWith } from '../run/failure.js'
import type { Run } from '../run/run.js'

/** What the phases of one reset share. */
export interface Resetting {
  readonly run: Run<ResetPhase>
  readonly request: ResetRequest
  readonly plan: ResetPlan
  /** The machines that answered only after the plan was made, by the names of their hosts. */
  readonly met: Map<string, Host>
}

/**
 * Stops what runs on the host. One that did not answer before is looked at first: it is judged as the others were.
 */
export async function stopHost(resetting: Resetting, { host, isAway }: ResettingHost) {
  if (isAway) await meet(resetting, host)
  const machine = machineOf(resetting, host)
  return activities('kubeadm', `${host.name}: stop`).stopHost(
    narrow(resetting.plan.cluster, machine),
    machine,
  )
}

async function meet({ plan: { cluster }, met }: Resetting, host: Host): Promise<void> {
  const facts = await activities('observe', `${host.name}: facts`).gatherFacts(narrow(cluster, host), host)
  const reason = foreignReason(cluster, facts, cluster.caHash)
  if (reason !== undefined) {
    throw failWith([new QuorateError('FOREIGN_CLUSTER', reason, { host: host.name }).report()])
  }
  met.set(host.name, pinned(host, facts, undefined))
}

function machineOf({ met }: Resetting, host: Host): Host {
  return met.get(host.name) ?? host
}

export function resetHost(resetting: Resetting, { host }: ResettingHost) {
  const machine = machineOf(resetting, host)
  return activities('kubeadm', `${host.name}: erase`).resetHost(
    narrow(resetting.plan.cluster, machine),
    machine,
  )
}

export function removePackages(resetting: Resetting, { host }: ResettingHost) {
  const machine = machineOf(resetting, host)
  return activities('prepare', `${host.name}: remove packages`).removePackages(
    narrow(resetting.plan.cluster, machine),
    machine,
  )
}

/** The running cluster forgets a machine that it remembers as removed, and the node that it may have again. */
export function forgetMachine({ plan: { cluster, apiHost } }: Resetting, { host }: ResettingHost) {
  if (apiHost === undefined) throw new Error('no control plane was found that forgets a machine')
  return activities('kubeadm', `${host.name}: forget the machine`).deleteNode(
    narrow(cluster, apiHost),
    host,
    apiHost,
    false,
  )
}

export function giveBack(resetting: Resetting, { host }: ResettingHost) {
  const machine = machineOf(resetting, host)
  return activities('kubeadm', `${host.name}: give back`).releaseClaim(
    narrow(resetting.plan.cluster, machine),
    machine,
    true,
  )
}

export async function lookForRemains(resetting: Resetting, { host }: ResettingHost) {
  const machine = machineOf(resetting, host)
  const found = await activities('observe', `${host.name}: what remains`).lookForRemains(
    narrow(resetting.plan.cluster, machine),
    machine,
  )
  return { ...found, host: host.name }
}
