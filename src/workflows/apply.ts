/**
 * Applying a cluster file: the guide "Creating highly available clusters with kubeadm", from bare hosts to a
 * verified cluster. Every step looks first and acts only where something is missing, so applying again is safe.
 */
import type { Apply, Bootstrap } from './bootstrap.js'
import { CancellationScope, condition, isCancellation, setHandler } from '@temporalio/workflow'
import { etcdPlace, narrow, type Cluster, type Host } from '../cluster/model.js'
import { APPLY_PHASE_TITLES, phaseDefinition, type ApplyPhase } from '../operations/apply-phases.js'
import type { OperationInput } from '../operations/input.js'
import { MESSAGES } from '../operations/messages.js'
import type { ApplyResult } from '../operations/results.js'
import type { StepOutcome } from '../operations/steps.js'
import { unplanned } from '../planning/changes/unplanned.js'
import { compareWithCluster } from '../planning/drift/drift.js'
import { observedHosts } from '../planning/plan.js'
import { phase } from './apply-phase.js'
import { configureLoadBalancer, loadBalancerBackends } from './balancers.js'
import { abandonJoin, abandonLateJoins, joinControlPlane, settleJoin } from './control-planes.js'
import { etcdPhases } from './etcd-phases.js'
import { failWith, reportFailure } from './run/failure.js'
import { lookAtHosts, summarise } from './run/inspect.js'
import { Operation, type Phase } from './run/run.js'
import { holding, reviewed } from './planning.js'
import { activities } from './run/activity-policies.js'

function isPartOf(cluster: Cluster, title: ApplyPhase): boolean {
  switch (phaseDefinition(title)?.only) {
    case 'external-etcd':
      return cluster.etcd.topology === 'external'
    case 'etcd-hosts':
      return etcdPlace(cluster) === 'etcd-hosts'
    case undefined:
      return true
  }
}

/** Workflow: turns the hosts of `input.cluster` into the cluster that it describes. */
export async function applyCluster(input: OperationInput): Promise<ApplyResult> {
  const phases = APPLY_PHASE_TITLES.filter((title) => isPartOf(input.cluster, title))
  const run = new Operation('apply', input, phases)
  const signals = { loadBalancerReady: false }
  setHandler(MESSAGES.loadBalancerReady, () => {
    signals.loadBalancerReady = true
  })
  try {
    const looked = await lookAtHosts(run, input.cluster)
    const result = await holding(run, looked, async () => {
      const planned = await reviewed(run, input, looked)
      return bootstrap({ run, signals, ...planned, cluster: planned.plan.cluster })
    })
    run.end()
    return result
  } catch (error) {
    run.end(error)
    if (isCancellation(error)) throw error
    throw failWith([reportFailure(error)])
  }
}

/** The sequence of the guide. Each phase names what it must wait for; nothing else delays it. */
async function bootstrap(given: Apply): Promise<ApplyResult> {
  const { plan } = given
  const apply: Bootstrap = { ...given, serving: [...plan.serving] }
  const prepared = phase(apply, 'Prepare hosts', [...plan.etcd, ...plan.nodes], prepareHost)
  const etcd = etcdPhases(apply, prepared)
  const balanced = phase(
    apply,
    'Load balancer',
    plan.loadBalancers,
    (_, host) => configureLoadBalancer(apply, host, plan.serving),
    // A control plane may also be a balancer, and a host installs one thing at a time.
    { after: (host) => [prepared.of(host)] },
  )
  const healthy = phase(
    apply,
    'Load balancer health',
    [...new Set([...plan.loadBalancers, ...plan.nodes])],
    testLoadBalancer,
    { after: () => [balanced.all()], waitsFor: 'load balancer health' },
  )
  const initialised = phase(apply, 'First control plane', [plan.first], initControlPlane, {
    after: (first) => [
      ...[prepared.of(first), ...[...plan.loadBalancers, first].map((host) => healthy.of(host))],
      ...etcd.map((one) => one.all()),
    ],
  })
  const compared = phase(apply, 'Running cluster', plan.isCompared ? [] : [plan.first], compareWithRunning, {
    after: () => [initialised.all()],
  })
  const networked = phase(apply, 'Pod network', [plan.first], applyPodNetwork, {
    after: () => [initialised.all(), compared.all()],
  })
  const ready = (host: Host) => [prepared.of(host), healthy.of(host)]
  const controlPlanes = phase(apply, 'Control planes', plan.joiningControlPlanes, joinControlPlane, {
    // One at a time, for etcd's safety: each join waits until every member has started and votes.
    oneAtATime: true,
    after: (host) => [...ready(host), initialised.all(), compared.all()],
    beforeParking: (host) => settleJoin(apply, host),
    // Does not wait for the turn: the host that has it may be waiting for this very member to go.
    leaveOut: (host, isShown) => abandonJoin(apply, host, isShown ? 'shown' : undefined),
  })
  const balancing = loadBalancerBackends(apply, controlPlanes)
  const workers = phase(apply, 'Workers', plan.workers, joinWorker, {
    after: (host) => [...ready(host), networked.all()],
  })
  const joined = [networked, controlPlanes, workers]
  return verify(apply, [prepared, healthy, ...joined, balancing, spreadDns(apply, joined)])
}

function prepareHost({ cluster }: Bootstrap, host: Host) {
  return activities('prepare', `${host.name}: prepare`).prepareHost(
    { ...narrow(cluster, host), packages: cluster.packages },
    host,
  )
}

/** From here on no step touches a host with another cluster's CA. */
async function initControlPlane(apply: Bootstrap, host: Host) {
  const { cluster, plan } = apply
  const { caHash, ...outcome } = await activities('kubeadm', `${host.name}: kubeadm init`).initControlPlane(
    narrow(cluster, host, ...plan.etcd),
    host,
  )
  apply.cluster = { ...cluster, caHash }
  return outcome
}

/** The API did not answer when the plan was made, but does now. The file may ask for something that it cannot have. */
async function compareWithRunning({ cluster, plan, looked }: Apply, host: Host): Promise<StepOutcome> {
  const presence = await activities('observe', `${host.name}: the running cluster`).readStanding(
    narrow(cluster, host, ...plan.etcd),
    host,
  )
  const { file, facts, channel } = looked
  const problems = compareWithCluster(file, observedHosts(file, facts), presence, channel).filter(
    ({ severity }) => severity === 'error',
  )
  if (problems.length > 0) throw failWith(problems)
  return { changed: false, summary: summarise(presence) }
}

function applyPodNetwork({ cluster }: Bootstrap, host: Host) {
  return activities('prepare', `${host.name}: apply pod network`).applyPodNetwork(
    { ...narrow(cluster, host), network: cluster.network },
    host,
  )
}

/** Spreads CoreDNS over more than one node. Without a pod network, none of its pods has started. */
function spreadDns(apply: Bootstrap, before: readonly Phase<StepOutcome>[]): Phase<StepOutcome> {
  const hosts = apply.cluster.network.plugin === 'none' ? [] : [apply.plan.first]
  return phase(apply, 'Cluster DNS', hosts, spreadClusterDns, { after: () => before.map((one) => one.all()) })
}

function spreadClusterDns({ cluster }: Bootstrap, host: Host) {
  return activities('prepare', `${host.name}: spread the cluster DNS`).spreadClusterDns(
    narrow(cluster, host),
    host,
  )
}

function joinWorker({ cluster, plan }: Bootstrap, host: Host) {
  return activities('kubeadm', `${host.name}: kubeadm join`).joinWorker(
    narrow(cluster, host, plan.first),
    host,
    plan.first,
  )
}

/**
 * The guide's `nc` test, from the balancer's side and from every host. The operator can end it early by vouching for
 * the load balancer.
 */
async function testLoadBalancer(apply: Bootstrap, host: Host): Promise<StepOutcome> {
  const { cluster, plan, signals } = apply
  const check = new CancellationScope()
  const answered = check.run(() =>
    activities('wait', `${host.name}: test the load balancer`).checkLoadBalancer(
      narrow(cluster, ...new Set([host, plan.first, ...balancers(apply)])),
      host,
      plan.first,
    ),
  )
  const vouched = condition(() => signals.loadBalancerReady).then(() => {
    check.cancel()
    return { changed: false, summary: 'declared ready by the operator' }
  })
  const outcome = await Promise.race([answered, vouched])
  // The cancelled test ends on its own later; its failure is then expected.
  answered.catch(() => undefined)
  return outcome
}

/** Asks the cluster itself, once everything else is done. Hosts that were left out are not expected in it. */
async function verify(apply: Bootstrap, before: readonly Phase<StepOutcome>[]): Promise<ApplyResult> {
  const { run, cluster, plan } = apply
  const verified = phase(
    apply,
    'Verify',
    [plan.first],
    async (_, host) => {
      await abandonLateJoins(apply)
      const taking = cluster.hosts.filter((one) => !run.isLeftOut(one))
      return activities('kubeadm', `${host.name}: verify the cluster`).verifyCluster(
        narrow(cluster, ...taking),
        host,
      )
    },
    { after: () => before.map((one) => one.all()) },
  )
  const [seen] = await verified.all()
  if (seen === undefined) throw new Error('the verification gave no result')
  const surprises = unplanned(plan.changes, run.phases).map(
    ({ host, phase: title }) => `${host}: ${title} changed something that the plan had not named`,
  )
  run.warn(...surprises)
  return {
    kubernetesVersion: cluster.kubernetes.version,
    changed: run.changed,
    nodes: seen.nodes,
    etcdMembers: seen.etcdMembers,
    warnings: [...plan.warnings, ...surprises],
    skipped: run.skipped,
  }
}

/** Our balancers, without those that were left out. */
function balancers({ run, plan }: Bootstrap): readonly Host[] {
  return plan.loadBalancers.filter((host) => !run.isLeftOut(host))
}
