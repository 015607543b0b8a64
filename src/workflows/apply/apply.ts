/**
 * Applying a cluster file: the guide "Creating highly available clusters with kubeadm", from bare hosts to a
 * verified cluster. Every step looks first and acts only where something is missing, so applying again is safe.
 */
import type { Host } from '../../cluster/model.js'
import type { ApplyResult } from '../../operations/results.js'
import type { StepOutcome } from '../../operations/steps.js'
import { appliesPodNetwork } from '../../planning/changes/cluster-wide.js'
import { unplanned } from '../../planning/changes/unplanned.js'
import { phase } from './apply-phase.js'
import { backends, loadBalancerSignals, testLoadBalancer } from './balancers.js'
import type { Apply, Bootstrap } from './bootstrap.js'
import { abandonLateJoins, join } from './control-planes.js'
import { encrypt } from './encrypt.js'
import { etcdPhases } from './etcd-phases.js'
import { reconfigure } from './reconfigure.js'
import { compareWithRunning, initialise } from './first-control-plane.js'
import { holding, reviewedPlan } from './planning.js'
import { defineOperation } from '../run/define-operation.js'
import { lookAtHosts } from '../run/inspect.js'
import type { Phase } from '../run/run.js'
import * as steps from './steps.js'

/** Workflow: turns the hosts of `input.cluster` into the cluster that it describes. */
export const applyCluster = defineOperation('apply', async (run, input) => {
  const signals = loadBalancerSignals()
  const looked = await lookAtHosts(run, input.cluster)
  return holding(run, looked, async () => {
    const planned = await reviewedPlan(run, input, looked)
    return bootstrap({ run, signals, ...planned, cluster: planned.plan.cluster })
  })
})

/** The sequence of the guide. Each phase names what it must wait for; nothing else delays it. */
export async function bootstrap(given: Apply): Promise<ApplyResult> {
  const { plan } = given
  const apply: Bootstrap = { ...given, serving: [...plan.serving] }
  const { initHost, apiHost, loadBalancers } = plan
  const prepared = phase(apply, 'prepare-hosts', [...plan.etcd, ...plan.nodes], steps.prepareHost)
  const etcd = etcdPhases(apply, prepared)
  // A control plane may also be a balancer, and a host installs one thing at a time.
  const balanced = phase(apply, 'load-balancer', loadBalancers, configureLoadBalancer, {
    after: (host) => [prepared.of(host)],
  })
  const tested = [...new Set([...loadBalancers, ...plan.nodes])]
  const healthy = phase(apply, 'load-balancer-health', tested, testLoadBalancer, {
    after: () => [balanced.all()],
  })
  const { seed } = apply
  const seeded = seed === undefined ? [] : [seed.place(apply, initHost, () => [prepared.of(initHost)])]
  const initialised = phase(apply, 'first-control-plane', [initHost], seed?.initialise ?? initialise, {
    after: (first) => [
      ...[prepared.of(first), ...[...loadBalancers, first].map((host) => healthy.of(host))],
      ...[...etcd, ...seeded].map((one) => one.all()),
    ],
  })
  const compared = phase(apply, 'running-cluster', plan.isCompared ? [] : [apiHost], compareWithRunning, {
    after: () => [initialised.all()],
  })
  const running = () => [initialised.all(), compared.all()]
  const begun = () => [prepared.of(initHost), ...running()]
  const configured = reconfigure(apply, begun)
  const encrypted = encrypt(apply, () => [...begun(), ...configured.map((one) => one.all())])
  const roomy = seed === undefined ? [] : [seed.settle(apply, () => [initialised.all()])]
  const settled = () => [...configured, ...encrypted, ...roomy].map((one) => one.all())
  const networked = phase(apply, 'pod-network', [apiHost], steps.applyPodNetwork, {
    after: () => [initialised.all(), compared.all()],
  })
  const ready = (host: Host) => [prepared.of(host), healthy.of(host)]
  const controlPlanes = phase(apply, 'control-planes', plan.joiningControlPlanes, join, {
    // For etcd's safety, each join waits in its turn until every member has started and votes.
    after: (host) => [...ready(host), ...running(), ...settled()],
    beforeParking: (host) => steps.settleJoin(apply, host),
    // Does not wait for the turn: the host that has it may be waiting for this very member to go.
    leaveOut: (host, isShown) => steps.abandonJoin(apply, host, isShown ? 'shown' : undefined),
  })
  const balancing = backends(apply, controlPlanes)
  const workers = phase(apply, 'workers', plan.workers, steps.joinWorker, {
    after: (host) => [...ready(host), networked.all(), ...settled()],
  })
  const joined = [...configured, ...encrypted, ...roomy, networked, controlPlanes, workers]
  return verify(apply, [prepared, healthy, ...joined, balancing, spreadDns(apply, joined)])
}

function configureLoadBalancer(apply: Bootstrap, balancer: Host) {
  return steps.configureLoadBalancer(apply, balancer, apply.plan.serving)
}

/** Spreads CoreDNS over more than one node. */
function spreadDns(apply: Bootstrap, before: readonly Phase<StepOutcome>[]): Phase<StepOutcome> {
  const hosts = appliesPodNetwork(apply.cluster) ? [apply.plan.apiHost] : []
  return phase(apply, 'cluster-dns', hosts, steps.spreadClusterDns, {
    after: () => before.map((one) => one.all()),
  })
}

/** Asks the cluster itself, once everything else is done. */
async function verify(apply: Bootstrap, before: readonly Phase<StepOutcome>[]): Promise<ApplyResult> {
  const { run, cluster, plan } = apply
  const verifyCluster = async (_: Bootstrap, host: Host) => {
    await abandonLateJoins(apply)
    return steps.verifyCluster(apply, host)
  }
  const verified = phase(apply, 'verify', [plan.apiHost], verifyCluster, {
    after: () => before.map((one) => one.all()),
  })
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
