/** Every activity that a worker offers to the workflows: the steps, framed and given their sessions. */
import type { HostFacts } from '../cluster/facts.js'
import type { Cluster, Endpoint, Host } from '../cluster/model.js'
import type { UnitsAtRelease } from '../cluster/operation.js'
import { abandonJoin } from './abandon-join.js'
import { initControlPlane } from './control-plane.js'
import { spreadClusterDns } from './dns-spread.js'
import { makeEtcdAuthority } from './etcd-certificates.js'
import { setEtcdEndpoints } from './etcd-endpoints.js'
import { runEtcdMember } from './etcd-member.js'
import { renewEtcdCertificates } from './etcd-renewal.js'
import { gatherFacts } from './facts.js'
import { joinControlPlane, joinWorker } from './join.js'
import { checkLoadBalancer } from './load-balancer-test.js'
import { configureLoadBalancer } from './load-balancer.js'
import { onOwnHost, releaseHost, type ActivityDependencies } from './own-host.js'
import { applyPodNetwork } from './pod-network.js'
import { prepareHost } from './prepare-host.js'
import { onHost, withHeartbeat, type Step, type StepResult } from './step.js'
import { verifyCluster, type VerifiedCluster } from './verify.js'
import { resolveVersion } from './versions.js'

/** The activities, by the names that workflows call. `cluster` holds only the hosts that matter to the step. */
export function createActivities(dependencies: ActivityDependencies) {
  type Act<Result> = (step: Step) => Promise<Result>
  const look = <Result>(cluster: Cluster, host: Host, act: Act<Result>): Promise<Result> =>
    onHost(dependencies.sessions, cluster, host, act)
  const change = <Result>(cluster: Cluster, host: Host, act: Act<Result>): Promise<Result> =>
    onOwnHost(dependencies, cluster, host, act)
  return {
    resolveVersion: (channel: string): Promise<string> => withHeartbeat('', () => resolveVersion(channel)),
    gatherFacts: (cluster: Cluster, host: Host, peers?: readonly Endpoint[]): Promise<HostFacts> =>
      look(cluster, host, (step) => gatherFacts(step, peers)),
    /** Takes the host for the operation; every step that changes it makes sure again that it has it. */
    lockHost: (cluster: Cluster, host: Host): Promise<StepResult> =>
      change(cluster, host, () => Promise.resolve({ changed: false, summary: 'locked' })),
    /** Gives it back, where the operation has it. */
    releaseHost: (_cluster: Cluster, host: Host, units: UnitsAtRelease): Promise<void> =>
      releaseHost(dependencies, host, units),
    prepareHost: (cluster: Cluster, host: Host): Promise<StepResult> => change(cluster, host, prepareHost),
    configureLoadBalancer: (cluster: Cluster, host: Host, backends: readonly Host[]): Promise<StepResult> =>
      change(cluster, host, (step) => configureLoadBalancer(step, backends)),
    checkLoadBalancer: (cluster: Cluster, host: Host, first: Host): Promise<StepResult> =>
      look(cluster, host, (step) => checkLoadBalancer(step, first)),
    makeEtcdAuthority: (cluster: Cluster, host: Host): Promise<StepResult> =>
      change(cluster, host, makeEtcdAuthority),
    runEtcdMember: (cluster: Cluster, host: Host, authority: Host): Promise<StepResult> =>
      change(cluster, host, (step) => runEtcdMember(step, authority)),
    renewEtcdCertificates: (cluster: Cluster, host: Host, authority: Host): Promise<StepResult> =>
      change(cluster, host, (step) => renewEtcdCertificates(step, authority)),
    setEtcdEndpoints: (cluster: Cluster, host: Host): Promise<StepResult> =>
      change(cluster, host, setEtcdEndpoints),
    initControlPlane: (cluster: Cluster, host: Host): Promise<StepResult> =>
      change(cluster, host, initControlPlane),
    applyPodNetwork: (cluster: Cluster, host: Host): Promise<StepResult> =>
      change(cluster, host, applyPodNetwork),
    joinControlPlane: (cluster: Cluster, host: Host, first: Host): Promise<StepResult> =>
      change(cluster, host, (step) => joinControlPlane(step, first)),
    /** Through the first control plane alone: the host whose join is given up may be out of reach. */
    abandonJoin: (cluster: Cluster, host: Host, first: Host): Promise<StepResult> =>
      change(cluster, first, (step) => abandonJoin(step, host)),
    joinWorker: (cluster: Cluster, host: Host, first: Host): Promise<StepResult> =>
      change(cluster, host, (step) => joinWorker(step, first)),
    spreadClusterDns: (cluster: Cluster, host: Host): Promise<StepResult> =>
      change(cluster, host, spreadClusterDns),
    verifyCluster: (cluster: Cluster, host: Host): Promise<VerifiedCluster> =>
      look(cluster, host, verifyCluster),
  }
}

/** Types of the activities, for the workflows. */
export type Activities = ReturnType<typeof createActivities>
