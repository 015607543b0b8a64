/**
 * Exchanging the machine of a host. First the old one leaves the cluster as in a removal; then the new one joins as in an
 * apply, which it does under the same name and nearly always at the same address. Between the two somebody reinstalls it:
 * the cluster is whole meanwhile, with one host less. Every step looks first, so replacing again goes on.
 */
import { narrow, etcdHosts, type Host } from '../../cluster/model.js'
import type { VerifiedCluster } from '../../activities/verify-cluster.js'
import { whyNever } from '../../operations/phase.js'
import type { OperationInput } from '../../operations/input.js'
import { REPLACE_PHASES, type ReplacePhase } from '../../operations/replace-phases.js'
import type { ReplaceResult } from '../../operations/results.js'
import { defined } from '../../values/defined.js'
import { loadBalancerSignals } from '../apply/balancers.js'
import type { Bootstrap } from '../apply/bootstrap.js'
import { joinAgain } from './join-again.js'
import { leave } from '../remove/leave.js'
import { awaitMachine, type NewMachine } from './new-machine.js'
import * as leavingSteps from '../remove/steps.js'
import type { Removing } from '../remove/steps.js'
import { holdingForReplacement, replaceRequestOf, type Approved } from './planning.js'
import { activities } from '../run/activity-policies.js'
import { defineOperation } from '../run/define-operation.js'
import { withLocks } from '../run/hold-hosts.js'
import type { Run } from '../run/run.js'

/** Workflow: another machine, or the same one reinstalled, takes the place of one host. */
export const replaceHost = defineOperation('replace', async (run, input) => {
  const signals = loadBalancerSignals()
  return holdingForReplacement(run, input, (given) => exchange(run, input, given, signals))
})

async function exchange(
  run: Run<ReplacePhase>,
  input: OperationInput<'replace'>,
  given: Approved,
  signals: Bootstrap['signals'],
): Promise<ReplaceResult> {
  const { host, removal, staying } = given.exchange
  await takeSnapshot(run, given)
  const removing: Removing = {
    run,
    request: replaceRequestOf(input),
    plan: removal,
    staying,
    phases: REPLACE_PHASES,
  }
  await Promise.all(leave(removing)())
  if (run.isLeftOut(host)) return resultOf(run, given, await verifyAsBefore(run, removing))
  const [machine] = await awaitMachine(run, given).all()
  if (machine === undefined) throw new Error('the new machine cannot be left out')
  const { plan } = machine
  const pinned = plan.cluster.hosts.find(({ name }) => name === host.name) ?? host
  const seen = await withLocks(run, { ...plan.cluster, hosts: [pinned] }, pinned, () =>
    joinAgain({ run, plan, cluster: plan.cluster, signals, host: pinned }),
  )
  return resultOf(run, given, seen, machine)
}

/** While the new member has not joined yet, no other may fail: a snapshot is what then remains. */
async function takeSnapshot(run: Run<ReplacePhase>, { exchange }: Approved): Promise<void> {
  const { snapshotHost, staying, host } = exchange
  const take = (on: Host) =>
    activities('kubeadm', `${on.name}: etcd snapshot before ${host.name} leaves`).snapshotEtcd(
      narrow(staying.cluster, ...new Set([on, ...etcdHosts(staying.cluster)])),
      on,
      `replacing-${host.name}`,
    )
  const hosts = snapshotHost === undefined ? [] : [snapshotHost]
  const notSkippable = () => whyNever(REPLACE_PHASES['etcd-snapshot'])
  await run.phase('etcd-snapshot', hosts, take, { notSkippable }).all()
}

/** The operator has decided that the old machine stays. */
async function verifyAsBefore(run: Run<ReplacePhase>, removing: Removing): Promise<VerifiedCluster> {
  const verify = () => leavingSteps.verifyCluster(removing)
  const notSkippable = () => whyNever(REPLACE_PHASES['replacement-verified'])
  const verified = run.phase('replacement-verified', [removing.staying.apiHost], verify, { notSkippable })
  const [seen] = await verified.all()
  if (seen === undefined) throw new Error('the verification gave no result')
  return seen
}

function resultOf(
  run: Run<ReplacePhase>,
  { exchange, warnings }: Approved,
  { nodes, etcdMembers }: VerifiedCluster,
  machine?: NewMachine,
): ReplaceResult {
  const { host, old, staying } = exchange
  return {
    kubernetesVersion: staying.cluster.kubernetes.version,
    changed: run.changed,
    host: host.name,
    how: machine === undefined ? 'kept' : 'replaced',
    machine: defined({ old: old.node?.machineId ?? old.facts?.machineId, new: machine?.machineId }),
    nodes,
    etcdMembers,
    warnings,
    skipped: run.skipped,
  }
}
