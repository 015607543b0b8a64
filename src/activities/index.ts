/** Every activity that a worker offers to the workflows: the steps, framed and given their sessions. */
import type { HostFacts } from '../facts/facts.js'
import type { Cluster, Endpoint, Host } from '../cluster/model.js'
import type { SkipConsequence, StepOutcome, UnitsAtRelease } from '../operations/steps.js'
import type { ClusterPresence } from '../facts/standing.js'
import { abandonJoin, settleJoin } from './abandon-join.js'
import type { VoterRemoval } from '../planning/changes/failed-join.js'
import { initControlPlane, type InitResult } from './init-control-plane.js'
import { spreadClusterDns } from './spread-cluster-dns.js'
import { makeEtcdAuthority } from '../hosts/etcd/certificates.js'
import { setEtcdEndpoints } from './set-etcd-endpoints.js'
import { runEtcdMember } from './run-etcd-member.js'
import { renewEtcdCertificates } from './renew-etcd-certificates.js'
import { gatherFacts } from './gather-facts.js'
import { joinControlPlane, joinWorker } from './join.js'
import { checkLoadBalancer } from './check-load-balancer.js'
import { configureLoadBalancer } from './configure-load-balancer.js'
import { deleteLeavingNode } from './delete-leaving-node.js'
import { drainLeavingNode, keepNode } from './drain-leaving-node.js'
import { releaseClaim } from './release-claim.js'
import { removeLeavingMember } from './remove-member.js'
import {
  renewControlPlane,
  type ControlPlaneRenewal,
  type RenewedControlPlane,
} from './renew/renew-control-plane.js'
import { renewKubelet, type KubeletRenewal } from './renew/renew-kubelet.js'
import { restartServers } from './renew/restart.js'
import { verifyServed } from './renew/verify-served.js'
import { lookForRemains, type RemainsFound } from './reset/look-for-remains.js'
import { readLosses } from './reset/read-losses.js'
import { removePackages } from './reset/remove-packages.js'
import { stopHost } from './reset/stop-host.js'
import { resetLeavingHost } from './reset-leaving-host.js'
import { stopBalancing } from './stop-balancing.js'
import type { Losses } from '../planning/reset/losses.js'
import type { DrainOptions } from '../operations/drain.js'
import { onOwnAwayHost, onOwnHost, releaseHost, type ActivityDependencies } from './frame/locked.js'
import { applyPodNetwork } from './apply-pod-network.js'
import { configurationActivities } from './reconfigure/activities.js'
import { observeEncryption, type EncryptionPeers } from './encryption/observe.js'
import { rewriteValues } from './encryption/rewrite.js'
import { rollEncryption, settleEncryption, type EncryptionRoll } from './encryption/roll.js'
import { prepareHost } from './prepare-host.js'
import { readStanding } from './read-standing.js'
import type { AwayContext, HostContext } from '../hosts/context.js'
import { onHost, withHeartbeat } from './frame/frame.js'
import type { OnHost } from './frame/on-host.js'
import { verifyCluster, type VerifiedCluster } from './verify-cluster.js'
import { resolveVersion } from './resolve-version.js'
import { defragmentActivities } from './defragment/activities.js'
import { rebootActivities } from './reboot/activities.js'
import { updateActivities } from './update-hosts/activities.js'
import { rebuildActivities } from './rebuild/activities.js'
import type { Seed } from '../operations/rebuild/request.js'
import { restoreActivities } from './restore/activities.js'
import { notifyActivities } from './notify/activities.js'
import { snapshotActivities } from './snapshot/activities.js'
import { readEtcdVersions, snapshotEtcd, stepEtcd, upgradeEtcdMember } from './upgrade/etcd-members.js'
import { predictDrains, type DrainForecast } from './upgrade/predict-drains.js'
import { prepareUpgrade, type EtcdWay } from './upgrade/prepare-upgrade.js'
import { settleAddons } from './upgrade/settle-addons.js'
import {
  isControlPlaneUpgraded,
  upgradeControlPlane,
  type UpgradeLook,
} from './upgrade/upgrade-control-plane.js'
import {
  isKubeletUpgraded,
  releaseNode,
  upgradeEtcdKubelet,
  upgradeKubelet,
  type KubeletUpgrade,
} from './upgrade/upgrade-kubelet.js'
import type { MemberVersion } from '../hosts/etcd/versions.js'

/** The activities, by the names that workflows call. `cluster` holds only the hosts that matter to the step. */
export function createActivities(dependencies: ActivityDependencies) {
  type Act<Result> = (context: HostContext) => Promise<Result>
  const look = <Result>(cluster: Cluster, host: Host, act: Act<Result>): Promise<Result> =>
    onHost(dependencies.sessions, cluster, host, act)
  const change = <Result>(cluster: Cluster, host: Host, act: Act<Result>): Promise<Result> =>
    onOwnHost(dependencies, cluster, host, act)
  const changeAway = <Result>(cluster: Cluster, host: Host, act: (away: AwayContext) => Promise<Result>) =>
    onOwnAwayHost(dependencies, cluster, host, act)
  return {
    resolveVersion: (channel: string): Promise<string> => withHeartbeat('', () => resolveVersion(channel)),
    gatherFacts: (cluster: Cluster, host: Host, peers?: readonly Endpoint[]): Promise<HostFacts> =>
      look(cluster, host, (context) => gatherFacts(context, peers)),
    /** The standing of the cluster to which this control plane belongs. */
    readStanding: (cluster: Cluster, host: Host): Promise<ClusterPresence> =>
      look(cluster, host, readStanding),
    /** Locks the host for the operation; every step that changes the host checks again that the operation holds it. */
    lockHost: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, () => Promise.resolve({ changed: false, summary: 'locked' })),
    /** Releases the host if the operation holds it. */
    releaseHost: (_cluster: Cluster, host: Host, units: UnitsAtRelease): Promise<void> =>
      releaseHost(dependencies, host, units),
    prepareHost: (cluster: Cluster, host: Host): Promise<StepOutcome> => change(cluster, host, prepareHost),
    configureLoadBalancer: (cluster: Cluster, host: Host, backends: readonly Host[]): Promise<StepOutcome> =>
      change(cluster, host, (context) => configureLoadBalancer(context, backends)),
    checkLoadBalancer: (cluster: Cluster, host: Host, first: Host): Promise<StepOutcome> =>
      look(cluster, host, (context) => checkLoadBalancer(context, first)),
    /** `seed`: what the cluster begins with instead of nothing. */
    initControlPlane: (cluster: Cluster, host: Host, isKnown?: boolean, seed?: Seed): Promise<InitResult> =>
      change(cluster, host, (context) => initControlPlane(context, isKnown, seed)),
    applyPodNetwork: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, applyPodNetwork),
    /** `leftOut`: control planes whose joins were abandoned, but may still add members to etcd. */
    joinControlPlane: (
      cluster: Cluster,
      host: Host,
      first: Host,
      leftOut?: readonly Host[],
    ): Promise<StepOutcome> => change(cluster, host, (context) => joinControlPlane(context, first, leftOut)),
    /** Runs on the first control plane, like {@link abandonJoin}. */
    settleJoin: (cluster: Cluster, host: Host, first: Host): Promise<SkipConsequence> =>
      change(cluster, first, (context) => settleJoin(context, host)),
    /** Runs on the first control plane only: the host whose join is abandoned may be out of reach. */
    abandonJoin: (cluster: Cluster, host: Host, first: Host, voter?: VoterRemoval): Promise<StepOutcome> =>
      change(cluster, first, (context) => abandonJoin(context, host, voter)),
    joinWorker: (cluster: Cluster, host: Host, first: Host): Promise<StepOutcome> =>
      change(cluster, host, (context) => joinWorker(context, first)),
    spreadClusterDns: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, spreadClusterDns),
    /** `gone`: names of hosts whose nodes must not be there any more. */
    verifyCluster: (cluster: Cluster, host: Host, gone?: readonly string[]): Promise<VerifiedCluster> =>
      look(cluster, host, (context) => verifyCluster(context, gone)),
    ...externalEtcdActivities(change),
    ...configurationActivities(change),
    ...encryptionActivities(change),
    ...removalActivities(change),
    ...renewalActivities(look, change),
    ...resetActivities(look, change),
    ...defragmentActivities(change),
    ...notifyActivities(),
    ...rebootActivities(look, changeAway),
    ...rebuildActivities(look, change),
    ...restoreActivities(look, change),
    ...snapshotActivities(look, change),
    ...updateActivities(look, changeAway),
    ...upgradeActivities(look, change),
  }
}

/** The steps of etcd on hosts of its own, and what API servers need to reach it. */
function externalEtcdActivities(change: OnHost) {
  return {
    /** `since`: renews what was issued before then, too; the same for {@link renewEtcdCertificates}. */
    makeEtcdAuthority: (cluster: Cluster, host: Host, since?: number): Promise<StepOutcome> =>
      change(cluster, host, (context) => makeEtcdAuthority(context, since)),
    runEtcdMember: (cluster: Cluster, host: Host, authority: Host): Promise<StepOutcome> =>
      change(cluster, host, (context) => runEtcdMember(context, authority)),
    renewEtcdCertificates: (
      cluster: Cluster,
      host: Host,
      authority: Host,
      since?: number,
    ): Promise<StepOutcome> =>
      change(cluster, host, (context) => renewEtcdCertificates(context, authority, since)),
    setEtcdEndpoints: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, setEtcdEndpoints),
  }
}

/** The steps that change encryption at rest. Layouts go by their names; no key is part of them. */
function encryptionActivities(change: OnHost) {
  return {
    observeEncryption: (cluster: Cluster, host: Host, peers: EncryptionPeers): Promise<string> =>
      change(cluster, host, (context) => observeEncryption(context, peers)),
    rollEncryption: (cluster: Cluster, host: Host, roll: EncryptionRoll): Promise<StepOutcome> =>
      change(cluster, host, (context) => rollEncryption(context, roll)),
    rewriteValues: (
      cluster: Cluster,
      host: Host,
      target: string,
      resources: readonly string[],
    ): Promise<StepOutcome> => change(cluster, host, (context) => rewriteValues(context, target, resources)),
    settleEncryption: (cluster: Cluster, host: Host, layout: string): Promise<StepOutcome> =>
      change(cluster, host, (context) => settleEncryption(context, layout)),
  }
}

/** The steps that take a host out of its cluster. */
function removalActivities(change: OnHost) {
  return {
    /** Runs on a control plane that stays, like the other steps about a leaving host that may be out of reach. */
    drainNode: (
      cluster: Cluster,
      leaving: Host,
      via: Host,
      options: DrainOptions,
      isDead: boolean,
    ): Promise<StepOutcome> =>
      change(cluster, via, (context) => drainLeavingNode(context, leaving, options, isDead)),
    keepNode: (cluster: Cluster, host: Host, via: Host): Promise<StepOutcome> =>
      change(cluster, via, (context) => keepNode(context, host)),
    stopBalancing: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, stopBalancing),
    /** `keeper`: the etcd host that gets the key of etcd's CA. */
    removeMember: (cluster: Cluster, leaving: Host, via: Host, keeper?: Host): Promise<StepOutcome> =>
      change(cluster, via, (context) => removeLeavingMember(context, leaving, keeper)),
    resetHost: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, resetLeavingHost),
    deleteNode: (cluster: Cluster, leaving: Host, via: Host, isDead: boolean): Promise<StepOutcome> =>
      change(cluster, via, (context) => deleteLeavingNode(context, leaving, isDead)),
    /** `forgetAll`: nothing that Quorate keeps on the host stays. */
    releaseClaim: (cluster: Cluster, host: Host, forgetAll?: boolean): Promise<StepOutcome> =>
      change(cluster, host, (context) => releaseClaim(context, forgetAll === true)),
  }
}

/** The steps of a renewal of certificates. */
function renewalActivities(look: OnHost, change: OnHost) {
  return {
    renewControlPlane: (
      cluster: Cluster,
      host: Host,
      renewal: ControlPlaneRenewal,
    ): Promise<RenewedControlPlane> =>
      change(cluster, host, (context) => renewControlPlane(context, renewal)),
    /** `others`: the other control planes that answer. */
    restartServers: (cluster: Cluster, host: Host, others: readonly Host[]): Promise<StepOutcome> =>
      change(cluster, host, (context) => restartServers(context, others)),
    renewKubelet: (cluster: Cluster, host: Host, renewal: KubeletRenewal): Promise<StepOutcome> =>
      change(cluster, host, (context) => renewKubelet(context, renewal)),
    verifyServed: (cluster: Cluster, host: Host, withNode: boolean): Promise<StepOutcome> =>
      look(cluster, host, (context) => verifyServed(context, withNode)),
  }
}

/** The steps of a reset that a removal does not have. */
function resetActivities(look: OnHost, change: OnHost) {
  return {
    readLosses: (cluster: Cluster, host: Host): Promise<Losses> => look(cluster, host, readLosses),
    stopHost: (cluster: Cluster, host: Host): Promise<StepOutcome> => change(cluster, host, stopHost),
    removePackages: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, removePackages),
    lookForRemains: (cluster: Cluster, host: Host): Promise<RemainsFound> =>
      look(cluster, host, lookForRemains),
  }
}

/** The steps of an upgrade. The version of the cluster that they get is the one that they go to. */
function upgradeActivities(look: OnHost, change: OnHost) {
  return {
    readEtcdVersions: (cluster: Cluster, host: Host): Promise<readonly MemberVersion[]> =>
      look(cluster, host, readEtcdVersions),
    predictDrains: (cluster: Cluster, host: Host, drains: DrainForecast): Promise<readonly string[]> =>
      look(cluster, host, (context) => predictDrains(context, drains)),
    prepareUpgrade: (cluster: Cluster, host: Host, way: EtcdWay): Promise<StepOutcome> =>
      change(cluster, host, (context) => prepareUpgrade(context, way)),
    /** `occasion`: what it is taken before, in words that a unit's name may have. */
    snapshotEtcd: (cluster: Cluster, host: Host, occasion?: string): Promise<StepOutcome> =>
      change(cluster, host, (context) => snapshotEtcd(context, occasion)),
    stepEtcd: (cluster: Cluster, host: Host, tag: string): Promise<StepOutcome> =>
      change(cluster, host, (context) => stepEtcd(context, tag)),
    upgradeEtcdMember: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, upgradeEtcdMember),
    isControlPlaneUpgraded: (cluster: Cluster, host: Host): Promise<UpgradeLook> =>
      look(cluster, host, isControlPlaneUpgraded),
    upgradeControlPlane: (cluster: Cluster, host: Host, others: readonly Host[]): Promise<StepOutcome> =>
      change(cluster, host, (context) => upgradeControlPlane(context, others)),
    isKubeletUpgraded: (cluster: Cluster, host: Host, through: Host): Promise<UpgradeLook> =>
      look(cluster, host, (context) => isKubeletUpgraded(context, through)),
    upgradeKubelet: (cluster: Cluster, host: Host, upgrade: KubeletUpgrade): Promise<StepOutcome> =>
      change(cluster, host, (context) => upgradeKubelet(context, upgrade)),
    upgradeEtcdKubelet: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, upgradeEtcdKubelet),
    /** Runs on a control plane: the worker may be out of reach. */
    releaseNode: (cluster: Cluster, host: Host, through: Host): Promise<StepOutcome> =>
      change(cluster, through, (context) => releaseNode(context, host)),
    settleAddons: (cluster: Cluster, host: Host): Promise<StepOutcome> => change(cluster, host, settleAddons),
  }
}

/** Types of the activities, for the workflows. */
export type Activities = ReturnType<typeof createActivities>
