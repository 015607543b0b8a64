/** Every activity that a worker offers to the workflows: the steps, framed and given their sessions. */
import type { HostFacts } from '../cluster/facts.js'
import type { Cluster, Endpoint, Host } from '../cluster/model.js'
import type { SessionPool } from '../ssh/index.js'
import { initControlPlane } from './control-plane.js'
import { gatherFacts } from './facts.js'
import { joinControlPlane, joinWorker } from './join.js'
import { checkLoadBalancer } from './load-balancer-test.js'
import { configureLoadBalancer } from './load-balancer.js'
import { applyPodNetwork } from './pod-network.js'
import { prepareHost } from './prepare-host.js'
import { onHost, withHeartbeat, type Step, type StepResult } from './step.js'
import { verifyCluster, type VerifiedCluster } from './verify.js'
import { resolveVersion } from './versions.js'

/** What the activities need from the worker. */
export interface ActivityDependencies {
  readonly sessions: SessionPool
}

/** The activities, by the names that workflows call. `cluster` holds only the hosts that matter to the step. */
export function createActivities({ sessions }: ActivityDependencies) {
  const run = <Result>(cluster: Cluster, host: Host, act: (step: Step) => Promise<Result>): Promise<Result> =>
    onHost(sessions, cluster, host, act)
  return {
    resolveVersion: (channel: string): Promise<string> => withHeartbeat('', () => resolveVersion(channel)),
    gatherFacts: (cluster: Cluster, host: Host, peers?: readonly Endpoint[]): Promise<HostFacts> =>
      run(cluster, host, (step) => gatherFacts(step, peers)),
    prepareHost: (cluster: Cluster, host: Host): Promise<StepResult> => run(cluster, host, prepareHost),
    configureLoadBalancer: (cluster: Cluster, host: Host, backends: readonly Host[]): Promise<StepResult> =>
      run(cluster, host, (step) => configureLoadBalancer(step, backends)),
    checkLoadBalancer: (cluster: Cluster, host: Host, first: Host): Promise<StepResult> =>
      run(cluster, host, (step) => checkLoadBalancer(step, first)),
    initControlPlane: (cluster: Cluster, host: Host): Promise<StepResult> =>
      run(cluster, host, initControlPlane),
    applyPodNetwork: (cluster: Cluster, host: Host): Promise<StepResult> =>
      run(cluster, host, applyPodNetwork),
    joinControlPlane: (cluster: Cluster, host: Host, first: Host): Promise<StepResult> =>
      run(cluster, host, (step) => joinControlPlane(step, first)),
    joinWorker: (cluster: Cluster, host: Host, first: Host): Promise<StepResult> =>
      run(cluster, host, (step) => joinWorker(step, first)),
    verifyCluster: (cluster: Cluster, host: Host): Promise<VerifiedCluster> =>
      run(cluster, host, verifyCluster),
  }
}

/** Types of the activities, for the workflows. */
export type Activities = ReturnType<typeof createActivities>
