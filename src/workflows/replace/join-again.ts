/** The new machine of a host becomes part of the cluster: what an apply does for this one host, and for those it tells. */
import type { Host } from '../../cluster/model.js'
import { balancerHosts, runsBalancer } from '../../cluster/balancer-hosts.js'
import { whyNever, type PhaseDefinition } from '../../operations/phase.js'
import { NEW_MACHINE_IS_NEEDED, REPLACE_PHASES, type ReplacePhase } from '../../operations/replace-phases.js'
import type { StepOutcome } from '../../operations/steps.js'
import { appliesPodNetwork } from '../../planning/changes/cluster-wide.js'
import type { VerifiedCluster } from '../../activities/verify-cluster.js'
import { testLoadBalancer } from '../apply/balancers.js'
import type { Bootstrap, Stepping } from '../apply/bootstrap.js'
import type { Phase, PhaseOptions, Run } from '../run/run.js'
import * as steps from '../apply/steps.js'

/** What the phases of the new machine share. */
export interface Joining extends Stepping, Pick<Bootstrap, 'signals'> {
  readonly run: Run<ReplacePhase>
  /** Pinned to the new machine. */
  readonly host: Host
}

/** Lets the host join, tells the others, and asks the cluster itself once everything else is done. */
export async function joinAgain(joining: Joining): Promise<VerifiedCluster> {
  const { host, plan } = joining
  const isNode = host.role === 'control-plane' || host.role === 'worker'
  const prepared = phase(
    joining,
    'prepare-hosts',
    host.role === 'load-balancer' ? [] : [host],
    steps.prepareHost,
  )
  const member = startMember(joining, prepared)
  const balancers = runsBalancer(joining.cluster, host) ? balancerHosts(joining.cluster) : []
  const balanced = phase(
    joining,
    'load-balancer',
    balancers,
    (_, balancer) => steps.configureLoadBalancer(joining, balancer, plan.serving),
    { after: () => [prepared.all()] },
  )
  const tested = isNode || balancers.length > 0 ? [host] : []
  const healthy = phase(joining, 'load-balancer-health', tested, testLoadBalancer, {
    after: () => [prepared.all(), balanced.all()],
  })
  const joined = join(joining, [prepared, healthy])
  const told = [backends(joining, joined), ...endpoints(joining, member)]
  const before = [prepared, ...member, balanced, healthy, ...joined, ...told]
  const spread = phase(
    joining,
    'cluster-dns',
    isNode && appliesPodNetwork(joining.cluster) ? [plan.apiHost] : [],
    steps.spreadClusterDns,
    { after: () => before.map((one) => one.all()) },
  )
  const verified = phase(joining, 'replacement-verified', [plan.apiHost], steps.verifyCluster, {
    after: () => [...before, spread].map((one) => one.all()),
  })
  const [seen] = await verified.all()
  if (seen === undefined) throw new Error('the verification gave no result')
  return seen
}

/** The new member of an external etcd; other clusters do not have the phase. */
function startMember(joining: Joining, prepared: Phase<StepOutcome>): readonly Phase<StepOutcome>[] {
  const { host, plan } = joining
  const authority = plan.etcdAuthority
  if (host.role !== 'etcd' || authority === undefined) return []
  const start = () => steps.runEtcdMember(joining, host, authority)
  return [phase(joining, 'etcd', [host], start, { after: () => [prepared.all()] })]
}

/** Always a join, and never an init, whichever host init ran on. */
function join(joining: Joining, ready: readonly Phase<StepOutcome>[]): readonly Phase<StepOutcome>[] {
  const { host } = joining
  const after = () => ready.map((one) => one.all())
  if (host.role === 'worker') return [phase(joining, 'workers', [host], steps.joinWorker, { after })]
  if (host.role !== 'control-plane') return []
  const act = () => steps.joinControlPlane(joining, host, [])
  const beforeParking = () => steps.settleJoin(joining, host)
  return [phase(joining, 'control-planes', [host], act, { after, beforeParking })]
}

/** Balancers list the control planes in the order in which an apply does: the next one must find nothing to change. */
function backends(joining: Joining, joined: readonly Phase<StepOutcome>[]): Phase<StepOutcome> {
  const { host, plan, cluster } = joining
  const balancers = host.role === 'control-plane' ? balancerHosts(cluster) : []
  const isListed = ({ name }: Host) => name === host.name || plan.serving.some((one) => one.name === name)
  const configure = (_: Joining, balancer: Host) =>
    steps.configureLoadBalancer(joining, balancer, plan.backends.filter(isListed))
  return phase(joining, 'load-balancers-again', balancers, configure, {
    after: () => joined.map((one) => one.all()),
    notSkippable: (balancer) => whyBalancerIsNeeded(joining, balancer),
  })
}

function whyBalancerIsNeeded({ run, cluster, host }: Joining, balancer: Host): string | undefined {
  if (balancer.name === host.name) return NEW_MACHINE_IS_NEEDED
  const others = balancerHosts(cluster).filter((one) => one.name !== balancer.name && !run.isLeaving(one))
  return others.length > 0 ? undefined : 'without it nothing answers at the control plane endpoint'
}

/** API servers get the endpoints of the file, if those are others now; clusters with stacked etcd have no such phase. */
function endpoints(joining: Joining, member: readonly Phase<StepOutcome>[]): readonly Phase<StepOutcome>[] {
  const { plan, cluster } = joining
  if (cluster.etcd.topology === 'stacked') return []
  const after = () => member.map((one) => one.all())
  return [phase(joining, 'etcd-endpoints', plan.staleEndpoints, steps.setEtcdEndpoints, { after })]
}

function phase<Result extends StepOutcome>(
  joining: Joining,
  id: ReplacePhase,
  hosts: readonly Host[],
  act: (joining: Joining, host: Host) => Promise<Result>,
  options: PhaseOptions = {},
): Phase<Result> {
  const definition: PhaseDefinition = REPLACE_PHASES[id]
  return joining.run.phase(id, hosts, (host) => act(joining, host), {
    notSkippable: () => whyNever(definition) ?? NEW_MACHINE_IS_NEEDED,
    ...options,
  })
}
