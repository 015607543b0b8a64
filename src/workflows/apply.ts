/**
 * Applying a cluster file: the guide "Creating highly available clusters with kubeadm", from bare hosts to a
 * verified cluster. Every step looks first and acts only where something is missing, so applying again is safe.
 */
import { CancellationScope, condition, defineSignal, isCancellation, setHandler } from '@temporalio/workflow'
import { narrow, type Cluster, type Host } from '../cluster/model.js'
import { MESSAGES, type ApplyResult, type OperationInput } from '../cluster/operation.js'
import { planApply, type ApplyPlan } from '../cluster/plan.js'
import { failPreflight, failWith, reportFailure, rethrowCancellation } from './failure.js'
import { inspect } from './inspect.js'
import { Operation } from './operation.js'
import { activities } from './proxies.js'

/** The phases of an apply, in the order of the guide. */
export const APPLY_PHASES = [
  'Facts',
  'Prepare hosts',
  'Load balancer',
  'Load balancer health',
  'First control plane',
  'Pod network',
  'Control planes',
  'Workers',
  'Verify',
] as const

/** Workflow: makes the hosts of `input.cluster` the cluster that it describes. */
export async function applyCluster(input: OperationInput): Promise<ApplyResult> {
  const run = new Operation('apply', input, APPLY_PHASES)
  const signals = { loadBalancerReady: false }
  setHandler(defineSignal(MESSAGES.loadBalancerReady), () => {
    signals.loadBalancerReady = true
  })
  try {
    const result = await bootstrap(run, input.cluster, signals)
    run.end()
    return result
  } catch (error) {
    run.end(error)
    if (isCancellation(error)) throw error
    throw failWith([reportFailure(error)])
  }
}

async function bootstrap(
  run: Operation,
  file: Cluster,
  signals: { loadBalancerReady: boolean },
): Promise<ApplyResult> {
  const { cluster, facts, unanswered } = await inspect(run, file)
  const plan = planApply(cluster, facts)
  run.warn(...plan.warnings)
  const problems = [...unanswered, ...plan.problems]
  if (problems.length > 0) throw failPreflight(problems)

  await Promise.all([
    run.phase('Prepare hosts', plan.nodes, (host) =>
      activities('prepare', `${host.name}: prepare`).prepareHost(
        { ...narrow(cluster, host), packages: cluster.packages },
        host,
      ),
    ),
    run.phase('Load balancer', plan.loadBalancers, (host) =>
      configureLoadBalancer(cluster, host, plan.serving),
    ),
  ])
  await loadBalancerHealth(run, cluster, plan, signals)
  await run.phase('First control plane', [plan.first], (host) =>
    activities('kubeadm', `${host.name}: kubeadm init`).initControlPlane(narrow(cluster, host), host),
  )
  await run.phase('Pod network', [plan.first], (host) =>
    activities('prepare', `${host.name}: apply pod network`).applyPodNetwork(
      { ...narrow(cluster, host), network: cluster.network },
      host,
    ),
  )
  await joinHosts(run, cluster, plan)
  return verify(run, cluster, plan)
}

/** The guide's `nc` test, from the balancer's side and from every host; ended early by the operator's word. */
async function loadBalancerHealth(
  run: Operation,
  cluster: Cluster,
  plan: ApplyPlan,
  signals: { loadBalancerReady: boolean },
): Promise<void> {
  const test = async (host: Host) => {
    const check = new CancellationScope()
    const answered = check.run(() =>
      activities('wait', `${host.name}: test the load balancer`).checkLoadBalancer(
        narrow(cluster, host, plan.first),
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
  await run.waitFor('load balancer health', () =>
    run.phase('Load balancer health', [...plan.loadBalancers, ...plan.nodes], test),
  )
}

/** Control planes one at a time, for etcd's safety; workers all at once beside them, not held up by them. */
async function joinHosts(run: Operation, cluster: Cluster, plan: ApplyPlan): Promise<void> {
  const serving = [...plan.serving]
  const controlPlanes = run.phase(
    'Control planes',
    plan.joiningControlPlanes,
    async (host) => {
      const outcome = await activities(
        'kubeadm',
        `${host.name}: kubeadm join, control plane`,
      ).joinControlPlane(narrow(cluster, host, plan.first), host, plan.first)
      if (!plan.serving.includes(host)) {
        serving.push(host)
        await Promise.all(
          plan.loadBalancers.map((balancer) => configureLoadBalancer(cluster, balancer, serving)),
        )
      }
      return outcome
    },
    { oneAtATime: true },
  )
  const workers = run.phase('Workers', plan.workers, (host) =>
    activities('kubeadm', `${host.name}: kubeadm join`).joinWorker(
      narrow(cluster, host, plan.first),
      host,
      plan.first,
    ),
  )
  const failures = (await Promise.allSettled([controlPlanes, workers])).flatMap((joined) =>
    joined.status === 'rejected' ? [joined.reason as unknown] : [],
  )
  failures.forEach(rethrowCancellation)
  if (failures.length > 0) throw failWith(failures.map((failure) => reportFailure(failure)))
}

async function verify(run: Operation, cluster: Cluster, plan: ApplyPlan): Promise<ApplyResult> {
  const [seen] = await run.phase('Verify', [plan.first], (host) =>
    activities('kubeadm', `${host.name}: verify the cluster`).verifyCluster(
      narrow(cluster, ...cluster.hosts),
      host,
    ),
  )
  if (seen === undefined) throw new Error('the verification gave no result')
  return {
    kubernetesVersion: cluster.kubernetes.version,
    changed: run.changed,
    nodes: seen.nodes,
    etcdMembers: seen.etcdMembers,
    warnings: plan.warnings,
    skipped: [],
  }
}

function configureLoadBalancer(cluster: Cluster, balancer: Host, backends: readonly Host[]) {
  const names = backends.map((host) => host.name).join(', ')
  return activities('prepare', `${balancer.name}: haproxy → ${names}`).configureLoadBalancer(
    narrow(cluster, balancer, ...backends),
    balancer,
    backends,
  )
}
