/**
 * Applying a cluster file: the guide "Creating highly available clusters with kubeadm", from bare hosts to a
 * verified cluster. Every step looks first and acts only where something is missing, so applying again is safe.
 */
import { CancellationScope, condition, defineSignal, isCancellation, setHandler } from '@temporalio/workflow'
import { etcdPlace, narrow, type Cluster, type Host } from '../cluster/model.js'
import { MESSAGES, type ApplyResult, type OperationInput } from '../cluster/operation.js'
import { planApply, type ApplyPlan } from '../cluster/plan.js'
import { skipRefusal } from '../cluster/skipping.js'
import { failPreflight, failWith, reportFailure } from './failure.js'
import { inspect } from './inspect.js'
import { withLocks } from './locks.js'
import { Operation, type Phase, type PhaseOptions, type StepOutcome } from './operation.js'
import { activities } from './proxies.js'

/** The phases of an apply, in the order of the guide. */
const APPLY_PHASES = [
  'Facts',
  'Lock hosts',
  'Prepare hosts',
  'etcd certificates',
  'etcd',
  'Renew certificates',
  'etcd endpoints',
  'Load balancer',
  'Load balancer health',
  'First control plane',
  'Pod network',
  'Control planes',
  'Workers',
  'Cluster DNS',
  'Verify',
] as const

/** Phases that there are only where etcd has hosts of its own. */
const ETCD_PHASES: readonly string[] = ['etcd certificates', 'etcd', 'Renew certificates']

function isPartOf(cluster: Cluster, title: ApplyPhase): boolean {
  if (title === 'etcd endpoints') return cluster.etcd.topology === 'external'
  return etcdPlace(cluster) === 'etcd-hosts' || !ETCD_PHASES.includes(title)
}

type ApplyPhase = (typeof APPLY_PHASES)[number]

/** What the phases of one apply share. */
interface Apply {
  readonly run: Operation
  readonly cluster: Cluster
  readonly plan: ApplyPlan
  readonly signals: { loadBalancerReady: boolean }
}

/** Workflow: makes the hosts of `input.cluster` the cluster that it describes. */
export async function applyCluster(input: OperationInput): Promise<ApplyResult> {
  const phases = APPLY_PHASES.filter((title) => isPartOf(input.cluster, title))
  const run = new Operation('apply', input, phases)
  const signals = { loadBalancerReady: false }
  setHandler(defineSignal(MESSAGES.loadBalancerReady), () => {
    signals.loadBalancerReady = true
  })
  try {
    const { cluster, facts, unanswered } = await inspect(run, input.cluster)
    const plan = planApply(cluster, facts)
    run.warn(...plan.warnings)
    const problems = [...unanswered, ...plan.problems]
    if (problems.length > 0) throw failPreflight(problems)
    if (input.review === true && plan.changes.length > 0) await run.approve(plan.changes)
    const result = await withLocks(run, cluster, plan.first, () => bootstrap({ run, cluster, plan, signals }))
    run.end()
    return result
  } catch (error) {
    run.end(error)
    if (isCancellation(error)) throw error
    throw failWith([reportFailure(error)])
  }
}

/** The sequence of the guide. Each phase names what it comes after; nothing else holds it up. */
async function bootstrap(apply: Apply): Promise<ApplyResult> {
  const { plan } = apply
  const prepared = phase(apply, 'Prepare hosts', [...plan.etcd, ...plan.nodes], prepareHost)
  const etcd = plan.etcdAuthority === undefined ? [] : [externalEtcd(apply, plan.etcdAuthority, prepared)]
  const etcdReady = [...etcd, ...settledEtcd(apply, prepared, etcd)]
  const balanced = phase(
    apply,
    'Load balancer',
    plan.loadBalancers,
    (_, host) => configureLoadBalancer(apply, host, plan.serving),
    // A control plane may be a balancer as well, and installs one thing at a time.
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
      ...etcdReady.map((phase) => phase.all()),
    ],
  })
  const networked = phase(apply, 'Pod network', [plan.first], applyPodNetwork, {
    after: () => [initialised.all()],
  })
  const ready = (host: Host) => [prepared.of(host), healthy.of(host)]
  const serving = [...plan.serving]
  const controlPlanes = phase(
    apply,
    'Control planes',
    plan.joiningControlPlanes,
    (_, host) => joinControlPlane(apply, host, serving),
    {
      // One at a time, for etcd's safety: each join waits until every member is a started voter.
      oneAtATime: true,
      after: (host) => [...ready(host), initialised.all()],
      leaveOut: (host) => abandonJoin(apply, host),
    },
  )
  const workers = phase(apply, 'Workers', plan.workers, joinWorker, {
    after: (host) => [...ready(host), networked.all()],
  })
  const joined = [networked, controlPlanes, workers]
  return verify(apply, [prepared, healthy, ...joined, spreadDns(apply, joined)])
}

/** etcd on hosts of its own: one of them issues the certificates of all, then all members start together. */
function externalEtcd(apply: Apply, authority: Host, prepared: Phase<StepOutcome>): Phase<StepOutcome> {
  const { etcd } = apply.plan
  const certified = phase(apply, 'etcd certificates', [authority], makeEtcdAuthority, {
    after: () => [prepared.of(authority)],
  })
  return phase(apply, 'etcd', etcd, (_, host) => runEtcdMember(apply, host, authority), {
    after: () => [...etcd.map((host) => prepared.of(host)), certified.all()],
  })
}

/** What an etcd that runs needs now and then. One host after the other: etcd and API servers must stay. */
function settledEtcd(
  apply: Apply,
  prepared: Phase<StepOutcome>,
  etcd: readonly Phase<StepOutcome>[],
): readonly Phase<StepOutcome>[] {
  const { cluster, plan } = apply
  if (cluster.etcd.topology === 'stacked') return []
  const after = (phases: readonly Phase<StepOutcome>[]) => ({
    oneAtATime: true,
    after: (host: Host) => [prepared.of(host), ...phases.map((one) => one.all())],
  })
  const authority = plan.etcdAuthority
  const renewed =
    authority === undefined
      ? []
      : [
          phase(
            apply,
            'Renew certificates',
            plan.renewals,
            (_, host) => renewEtcdCertificates(apply, host, authority),
            after(etcd),
          ),
        ]
  const told = phase(
    apply,
    'etcd endpoints',
    plan.staleEndpoints,
    setEtcdEndpoints,
    after([...etcd, ...renewed]),
  )
  return [...renewed, told]
}

/** Begins a phase of the apply. */
function phase<Result extends StepOutcome>(
  apply: Apply,
  title: ApplyPhase,
  hosts: readonly Host[],
  act: (apply: Apply, host: Host) => Promise<Result>,
  options: PhaseOptions = {},
): Phase<Result> {
  return apply.run.phase(title, hosts, (host) => act(apply, host), {
    notSkippable: (host) => skipRefusal(apply.plan, title, host.name),
    ...options,
  })
}

function prepareHost({ cluster }: Apply, host: Host) {
  return activities('prepare', `${host.name}: prepare`).prepareHost(
    { ...narrow(cluster, host), packages: cluster.packages },
    host,
  )
}

function makeEtcdAuthority({ cluster, plan }: Apply, host: Host) {
  return activities('prepare', `${host.name}: etcd CA`).makeEtcdAuthority(narrow(cluster, ...plan.etcd), host)
}

function runEtcdMember({ cluster, plan }: Apply, host: Host, authority: Host) {
  return activities('kubeadm', `${host.name}: etcd member`).runEtcdMember(
    narrow(cluster, ...plan.etcd),
    host,
    authority,
  )
}

function renewEtcdCertificates({ cluster, plan }: Apply, host: Host, authority: Host) {
  return activities('kubeadm', `${host.name}: renew certificates`).renewEtcdCertificates(
    narrow(cluster, ...new Set([host, ...plan.etcd])),
    host,
    authority,
  )
}

function setEtcdEndpoints({ cluster, plan }: Apply, host: Host) {
  return activities('kubeadm', `${host.name}: etcd endpoints of its API server`).setEtcdEndpoints(
    narrow(cluster, ...new Set([host, ...plan.etcd])),
    host,
  )
}

function initControlPlane({ cluster, plan }: Apply, host: Host) {
  return activities('kubeadm', `${host.name}: kubeadm init`).initControlPlane(
    narrow(cluster, host, ...plan.etcd),
    host,
  )
}

function applyPodNetwork({ cluster }: Apply, host: Host) {
  return activities('prepare', `${host.name}: apply pod network`).applyPodNetwork(
    { ...narrow(cluster, host), network: cluster.network },
    host,
  )
}

/** CoreDNS on more than one node; without a pod network none of its pods has begun. */
function spreadDns(apply: Apply, before: readonly Phase<StepOutcome>[]): Phase<StepOutcome> {
  const hosts = apply.cluster.network.plugin === 'none' ? [] : [apply.plan.first]
  return phase(apply, 'Cluster DNS', hosts, spreadClusterDns, { after: () => before.map((one) => one.all()) })
}

function spreadClusterDns({ cluster }: Apply, host: Host) {
  return activities('prepare', `${host.name}: spread the cluster DNS`).spreadClusterDns(
    narrow(cluster, host),
    host,
  )
}

function joinWorker({ cluster, plan }: Apply, host: Host) {
  return activities('kubeadm', `${host.name}: kubeadm join`).joinWorker(
    narrow(cluster, host, plan.first),
    host,
    plan.first,
  )
}

/** Joins a control plane, then lets the balancers send requests to it. */
async function joinControlPlane(apply: Apply, host: Host, serving: Host[]) {
  const { cluster, plan } = apply
  const outcome = await activities('kubeadm', `${host.name}: kubeadm join, control plane`).joinControlPlane(
    narrow(cluster, host, plan.first, ...plan.etcd),
    host,
    plan.first,
  )
  if (plan.serving.includes(host)) return outcome
  if (!serving.includes(host)) serving.push(host)
  // As the next apply will list them, whichever joined first: it must find nothing to change.
  const backends = plan.nodes.filter((node) => serving.includes(node))
  await Promise.all(balancers(apply).map((balancer) => configureLoadBalancer(apply, balancer, backends)))
  return outcome
}

/** Takes what a join that is given up left in etcd out again, so that others can join. */
function abandonJoin({ cluster, plan }: Apply, host: Host) {
  return activities('kubeadm', `${host.name}: undo the join`).abandonJoin(
    narrow(cluster, host, plan.first),
    host,
    plan.first,
  )
}

/** The guide's `nc` test, from the balancer's side and from every host; ended early by the operator's word. */
async function testLoadBalancer(apply: Apply, host: Host): Promise<StepOutcome> {
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
  // The cancelled test still ends in its own time; its failure is expected then.
  answered.catch(() => undefined)
  return outcome
}

/** Asks the cluster itself, once everything else is done; hosts that were left out are not expected in it. */
async function verify(apply: Apply, before: readonly Phase<StepOutcome>[]): Promise<ApplyResult> {
  const { run, cluster, plan } = apply
  const verified = phase(
    apply,
    'Verify',
    [plan.first],
    (_, host) => {
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
  return {
    kubernetesVersion: cluster.kubernetes.version,
    changed: run.changed,
    nodes: seen.nodes,
    etcdMembers: seen.etcdMembers,
    warnings: plan.warnings,
    skipped: run.skipped,
  }
}

/** The balancers of ours that take part. */
function balancers({ run, plan }: Apply): readonly Host[] {
  return plan.loadBalancers.filter((host) => !run.isLeftOut(host))
}

function configureLoadBalancer(apply: Apply, balancer: Host, backends: readonly Host[]) {
  const names = backends.map((host) => host.name).join(', ')
  return activities('prepare', `${balancer.name}: haproxy → ${names}`).configureLoadBalancer(
    narrow(apply.cluster, ...new Set([balancer, ...apply.plan.loadBalancers, ...backends])),
    balancer,
    backends,
  )
}
