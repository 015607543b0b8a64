/** Fake activities for tests of workflows: each succeeds at once, and a journal says in which order they were asked for. */
import { ApplicationFailure } from '@temporalio/common'
import type { Cluster, Host } from '../../src/cluster/model.js'
import { copyTitle, type SnapshotCopy } from '../../src/cluster/snapshots.js'
import type { BootRecord } from '../../src/facts/boot.js'
import type { HostUpdates } from '../../src/facts/updates.js'
import type { MemberStatus } from '../../src/facts/etcd-status.js'
import type { SkipConsequence } from '../../src/operations/steps.js'
import type { ClusterPresence } from '../../src/facts/standing.js'
import type { MemberVersion } from '../../src/hosts/etcd/versions.js'
import type { Soundness } from '../../src/hosts/etcd/snapshots/folder.js'
import { QuorateError, type ErrorCode } from '../../src/errors/index.js'
import type { WindowLook } from '../../src/values/window.js'
import type { ArchivedCluster } from '../../src/planning/rebuild/archived-cluster.js'
import { anArchivedCluster } from './archived-clusters.js'
import { bareFacts } from './clusters.js'
import { restoreLookAt } from './restore-looks.js'
import { aSnapshotRecord, memberStatusesOf } from './member-statuses.js'

const DONE = { changed: true, summary: 'done' }

/** Activities that succeed without a host, and the journal of their calls. */
export function fakeActivities() {
  const journal: string[] = []
  const note = async (entry: string, milliseconds = 0) => {
    journal.push(`${entry} begins`)
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    journal.push(`${entry} ends`)
    return DONE
  }
  const activities = {
    gatherFacts: (_cluster: Cluster, host: Host) => Promise.resolve(bareFacts(host.name)),
    readStanding: (): Promise<ClusterPresence> => Promise.resolve({ kind: 'absent' }),
    lockHost: (_cluster: Cluster, host: Host) => note(`lock ${host.name}`),
    releaseHost: (_cluster: Cluster, host: Host) => note(`release ${host.name}`).then(() => undefined),
    prepareHost: (_cluster: Cluster, host: Host) => note(`prepare ${host.name}`),
    configureLoadBalancer: (_cluster: Cluster, host: Host, backends: readonly Host[]) =>
      note(`${host.name} → ${backends.map(({ name }) => name).join()}`),
    checkLoadBalancer: (_cluster: Cluster, host: Host) => note(`test from ${host.name}`),
    makeEtcdAuthority: (_cluster: Cluster, host: Host) => note(`certify on ${host.name}`),
    runEtcdMember: (_cluster: Cluster, host: Host, authority: Host) =>
      note(`etcd ${host.name} by ${authority.name}`, 20),
    renewEtcdCertificates: (_cluster: Cluster, host: Host, authority: Host) =>
      note(`renew on ${host.name} by ${authority.name}`, 20),
    setEtcdEndpoints: (_cluster: Cluster, host: Host) => note(`endpoints of ${host.name}`, 20),
    initControlPlane: (_cluster: Cluster, host: Host) =>
      note(`init ${host.name}`).then((done) => ({ ...done, caHash: 'sha256:ca' })),
    configureControlPlane: (_cluster: Cluster, host: Host) => note(`configure ${host.name}`, 20),
    configureWorker: (_cluster: Cluster, host: Host) => note(`configure ${host.name}`, 20),
    configureKubeProxy: () => note('configure kube-proxy'),
    settleConfiguration: () => note('settle configuration'),
    observeEncryption: (): Promise<string> => Promise.resolve(''),
    rollEncryption: (_cluster: Cluster, host: Host, { layout }: { readonly layout: string }) =>
      note(`${host.name} with ${layout}`, 20),
    rewriteValues: (_cluster: Cluster, _host: Host, target: string) => note(`rewrite for ${target}`, 20),
    settleEncryption: (_cluster: Cluster, _host: Host, layout: string) => note(`settle ${layout}`),
    applyPodNetwork: () => note('pod network'),
    joinControlPlane: (_cluster: Cluster, host: Host) => note(`join ${host.name}`, 150),
    joinWorker: (_cluster: Cluster, host: Host) => note(`join ${host.name}`, 20),
    spreadClusterDns: () => note('cluster DNS'),
    settleJoin: (_cluster: Cluster, host: Host) =>
      note(`settle ${host.name}`).then((): SkipConsequence => ({})),
    abandonJoin: (_cluster: Cluster, host: Host) => note(`abandon ${host.name}`),
    drainNode: (_cluster: Cluster, host: Host, via: Host) => note(`drain ${host.name} via ${via.name}`, 20),
    keepNode: (_cluster: Cluster, host: Host) => note(`keep ${host.name}`),
    stopBalancing: (_cluster: Cluster, host: Host) => note(`hand over ${host.name}`),
    removeMember: (_cluster: Cluster, host: Host, via: Host) =>
      note(`member ${host.name} via ${via.name}`, 20),
    resetHost: (_cluster: Cluster, host: Host) => note(`reset ${host.name}`, 20),
    deleteNode: (_cluster: Cluster, host: Host) => note(`delete ${host.name}`),
    releaseClaim: (_cluster: Cluster, host: Host) => note(`give back ${host.name}`),
    readLosses: () => Promise.resolve({ pods: 12, workloads: 4, loadBalancers: 1, volumes: 2 }),
    stopHost: (_cluster: Cluster, host: Host) => note(`stop ${host.name}`, 20),
    removePackages: (_cluster: Cluster, host: Host) => note(`packages off ${host.name}`),
    lookForRemains: (_cluster: Cluster, host: Host) =>
      note(`look at ${host.name}`).then((done) => ({ ...done, changed: false, remains: [] as string[] })),
    verifyCluster: (cluster: Cluster) =>
      note(`verify ${cluster.hosts.map(({ name }) => name).join()}`).then((done) => ({
        ...done,
        nodes: [],
        etcdMembers: ['cp1', 'cp2', 'cp3'],
      })),
    ...fakeReboot(note),
    ...fakeRebuild(note),
    ...fakeRenewal(note),
    ...fakeRestore(note),
    ...fakeSnapshots(note),
    ...fakeUpgrade(note),
  }
  return { journal, activities }
}

/** The hosts of a test, or of several runs in turn. */
export type FakeHosts = ReturnType<typeof fakeActivities>

/** A fix of security for every host, and a containerd for those with a number 2. */
function updatesOf(host: string): HostUpdates {
  const openssl = { name: 'openssl', from: '3.0.15-1', to: '3.0.16-1', isSecurity: true }
  const containerd = { name: 'containerd', from: '1.6.20-1', to: '1.6.24-1', isSecurity: false }
  return {
    packages: host.endsWith('2') ? [containerd, openssl] : [openssl],
    kept: ['kubelet'],
    isInterrupted: false,
    ownFiles: ['/etc/containerd/config.toml'],
  }
}

/** The steps of a reboot and an update; every host comes back as it was, and every window is open. */
function fakeReboot(note: (entry: string, milliseconds?: number) => Promise<typeof DONE>) {
  return {
    lookAtWindows: (): Promise<WindowLook> =>
      Promise.resolve({ isOpen: true, closesAt: Date.parse('2036-01-01T00:00:00Z') }),
    readBoot: (_cluster: Cluster, { name }: Host): Promise<BootRecord> =>
      Promise.resolve({ bootId: `boot-of-${name}`, machineId: `machine-${name}`, reasons: [] }),
    rebootHost: (_cluster: Cluster, host: Host) => note(`reboot ${host.name}`, 20),
    findUpdates: (_cluster: Cluster, { name }: Host): Promise<HostUpdates> =>
      Promise.resolve(updatesOf(name)),
    updateHost: (_cluster: Cluster, host: Host) => note(`update ${host.name}`, 20),
  }
}

/** The steps of a rebuild; the archive has everything. */
function fakeRebuild(note: (entry: string, milliseconds?: number) => Promise<typeof DONE>) {
  return {
    lookAtArchive: (): Promise<ArchivedCluster> => Promise.resolve(anArchivedCluster()),
    unpackSnapshot: (_cluster: Cluster, host: Host) => note(`unpack on ${host.name}`, 20),
  }
}

/** The steps of a renewal; every server follows by itself. */
function fakeRenewal(note: (entry: string, milliseconds?: number) => Promise<typeof DONE>) {
  return {
    renewControlPlane: (_cluster: Cluster, host: Host) =>
      note(`renew ${host.name}`, 20).then((done) => ({ ...done, mustRestart: false })),
    restartServers: (_cluster: Cluster, host: Host) => note(`restart ${host.name}`, 20),
    renewKubelet: (_cluster: Cluster, host: Host) => note(`kubelet of ${host.name}`, 20),
    verifyServed: (_cluster: Cluster, host: Host) =>
      note(`look at ${host.name}`).then((done) => ({ ...done, changed: false })),
  }
}

/** The steps of a snapshot and a defragmentation; every member is well, and the first one leads. */
function fakeSnapshots(note: (entry: string, milliseconds?: number) => Promise<typeof DONE>) {
  return {
    lookAtMember: (_cluster: Cluster, host: Host): Promise<MemberStatus | undefined> =>
      Promise.resolve(
        memberStatusesOf('cp1', 'cp2', 'cp3', 'e1', 'e2', 'e3').find((one) => one.host === host.name),
      ),
    takeSnapshot: (_cluster: Cluster, host: Host) =>
      note(`snapshot ${host.name}`).then((done) => ({ ...done, record: aSnapshotRecord(host.name) })),
    keepSnapshot: (_cluster: Cluster, host: Host, from: Host) =>
      note(`copy ${from.name} to ${host.name}`, 20),
    archiveSnapshot: (_cluster: Cluster, host: Host, copy: SnapshotCopy) =>
      note(`archive ${host.name} in ${copyTitle(copy)}`).then((done) => ({
        ...done,
        lacking: [] as string[],
      })),
    pruneSnapshots: (_cluster: Cluster, host: Host) =>
      note(`retention on ${host.name}`).then((done) => ({ ...done, removed: 1 })),
    compactEtcd: (_cluster: Cluster, host: Host) => note(`compact on ${host.name}`),
    defragmentMember: (_cluster: Cluster, host: Host, before: number) =>
      note(`defragment ${host.name}`, 20).then((done) => ({ ...done, after: before / 2 })),
    disarmAlarms: (_cluster: Cluster, host: Host) => note(`disarm on ${host.name}`),
    pruneArchives: (_cluster: Cluster, _host: Host, copy: SnapshotCopy) =>
      note(`retention in ${copyTitle(copy)}`).then((done) => ({ ...done, removed: 1 })),
  }
}

/** The steps of a restore: every control plane has a snapshot that is sound, and a member that answers. */
function fakeRestore(note: (entry: string, milliseconds?: number) => Promise<typeof DONE>) {
  return {
    lookForRestore: (_cluster: Cluster, host: Host) => Promise.resolve(restoreLookAt(host.name)),
    readSnapshot: (): Promise<Soundness> => Promise.resolve('sound'),
    restoreData: (_cluster: Cluster, host: Host) => note(`data beside on ${host.name}`, 20),
    setControlPlaneAside: (_cluster: Cluster, host: Host) => note(`aside ${host.name}`, 20),
    startRestoredMember: (_cluster: Cluster, host: Host) =>
      note(`etcd ${host.name}`, 20).then((done) => ({
        ...done,
        clusterId: '9876543210987654321',
        revision: 1_000_001_000,
        oldData: '/var/lib/etcd/member.old-01938a3b-7c4d',
      })),
    acceptData: (_cluster: Cluster, host: Host) => note(`accept on ${host.name}`),
    bringControlPlaneBack: (_cluster: Cluster, host: Host) => note(`back ${host.name}`, 20),
    putDataBack: (_cluster: Cluster, host: Host) => note(`old data on ${host.name}`, 20),
    refreshNode: (_cluster: Cluster, host: Host) => note(`refresh ${host.name}`, 20),
    concludeRestore: (_cluster: Cluster, host: Host) => note(`conclude ${host.name}`),
  }
}

/** The steps of an upgrade; nothing is upgraded yet, and etcd tells no versions. */
function fakeUpgrade(note: (entry: string, milliseconds?: number) => Promise<typeof DONE>) {
  const versionOf = ({ kubernetes }: Cluster) => kubernetes.version
  return {
    readEtcdVersions: (): Promise<readonly MemberVersion[]> => Promise.resolve([]),
    predictDrains: (): Promise<readonly string[]> => Promise.resolve([]),
    prepareUpgrade: (cluster: Cluster, host: Host) => note(`packages ${host.name} ${versionOf(cluster)}`),
    snapshotEtcd: (cluster: Cluster, host: Host) => note(`snapshot ${host.name} ${versionOf(cluster)}`),
    stepEtcd: (_cluster: Cluster, host: Host, tag: string) => note(`step ${host.name} ${tag}`, 20),
    upgradeEtcdMember: (cluster: Cluster, host: Host) =>
      note(`member ${host.name} ${versionOf(cluster)}`, 20),
    isControlPlaneUpgraded: () => Promise.resolve({ isDone: false }),
    upgradeControlPlane: (cluster: Cluster, host: Host) =>
      note(`upgrade ${host.name} ${versionOf(cluster)}`, 20),
    isKubeletUpgraded: () => Promise.resolve({ isDone: false }),
    upgradeKubelet: (cluster: Cluster, host: Host) => note(`kubelet ${host.name} ${versionOf(cluster)}`, 20),
    upgradeEtcdKubelet: (cluster: Cluster, host: Host) =>
      note(`kubelet ${host.name} ${versionOf(cluster)}`, 20),
    releaseNode: (_cluster: Cluster, host: Host) => note(`uncordon ${host.name}`),
    settleAddons: (cluster: Cluster) => note(`addons ${versionOf(cluster)}`),
  }
}

/** What an activity rejects with when retries can't fix it. */
export function hopeless(code: ErrorCode, message: string, host: string): ApplicationFailure {
  const report = new QuorateError(code, message, { host }).report()
  return ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [report] })
}

/** An activity that fails on one host the given number of times, and succeeds otherwise. */
export function failing<More extends unknown[], Result>(
  obey: (cluster: Cluster, host: Host, ...more: More) => Promise<Result>,
  where: string,
  times = 1,
): (cluster: Cluster, host: Host, ...more: More) => Promise<Result> {
  let left = times
  return (cluster, host, ...more) => {
    if (host.name !== where || left === 0) return obey(cluster, host, ...more)
    left -= 1
    return Promise.reject(hopeless('KUBEADM_PREFLIGHT_FAILED', `preflight failed on ${where}`, where))
  }
}
