/** What a client does on hosts by itself, over SSH and without Temporal. */
import type { Store } from '../archives/store.js'
import type { Cluster, Host } from '../cluster/model.js'
import type { SshLogin } from '../cluster/ssh-login.js'
import { snapshotSettings } from '../cluster/snapshots.js'
import { QuorateError, reportError, type ErrorReport } from '../errors/index.js'
import type { KubectlStreams } from '../hosts/by-hand/kubectl.js'
import type { HowToRun, Said } from '../hosts/by-hand/run-on-hosts.js'
import type { UnitLogs } from '../hosts/by-hand/unit-logs.js'
import { onEachHost, type HostOutcome } from '../hosts/each-host.js'
import type { CertificatesFound } from '../hosts/certificates/inspect.js'
import type { MembersFound } from '../hosts/etcd/inspect.js'
import type {
  SnapshotChecked,
  SnapshotSeen,
  SnapshotsChecked,
  SnapshotsFound,
} from '../hosts/etcd/snapshots/inspect-places.js'
import type { HostLocks } from '../hosts/lock/inspect.js'
import type { SessionPool, UnknownKey } from '../ssh/index.js'
import { defined } from '../values/defined.js'
import { readAdminAccess, type AdminAccess } from './kubeconfig/check.js'

export type { Said } from '../hosts/by-hand/run-on-hosts.js'
export type { UnitLogs, UnitRun } from '../hosts/by-hand/unit-logs.js'
export type { HostOutcome } from '../hosts/each-host.js'
export type { BrokenCertificate, CertificateSeen, CertificatesFound } from '../hosts/certificates/inspect.js'
export type { MemberSeen, MembersFound } from '../hosts/etcd/inspect.js'
export type {
  SnapshotSeen,
  SnapshotsChecked,
  SnapshotsFound,
} from '../hosts/etcd/snapshots/inspect-places.js'
export type { HostLocks, LockedHost, LocksBroken, LocksFound } from '../hosts/lock/inspect.js'

/**
 * The administrator's access to a cluster. It is a secret, so no server may see it.
 * @throws QuorateError of the SSH_ family, `API_UNREACHABLE` when no control plane has one yet, or `KUBECONFIG_UNUSABLE`
 *   for one that kubeadm did not write like that.
 */
export async function fetchAdminAccess(cluster: Cluster): Promise<AdminAccess> {
  const { firstAdministrator } = await import('../hosts/kubernetes/read-kubeconfig.js')
  const { kubeconfig } = await withSessions((sessions) => firstAdministrator(sessions, cluster))
  return readAdminAccess(kubeconfig)
}

/** Gives access to the locks of a cluster's hosts. */
export async function withHostLocks<Result>(
  cluster: Cluster,
  act: (locks: HostLocks) => Promise<Result>,
): Promise<Result> {
  const { hostLocks } = await import('../hosts/lock/inspect.js')
  return withSessions((sessions) => act(hostLocks(sessions, cluster)))
}

/** Reads the certificates of a cluster's hosts; private keys stay there. */
export async function fetchCertificates(cluster: Cluster): Promise<CertificatesFound> {
  const { inspectCertificates } = await import('../hosts/certificates/inspect.js')
  return withSessions((sessions) => inspectCertificates(sessions, cluster))
}

/** Asks etcd's members about themselves. */
export async function fetchMembers(cluster: Cluster): Promise<MembersFound> {
  const { inspectMembers } = await import('../hosts/etcd/inspect.js')
  return withSessions((sessions) => inspectMembers(sessions, cluster))
}

/** Lists the snapshots of a cluster in all places that keep them. */
export async function fetchSnapshots(cluster: Cluster): Promise<SnapshotsFound> {
  const { inspectKept } = await import('../hosts/etcd/snapshots/inspect-places.js')
  const [kept, archived] = await Promise.all([
    withSessions((sessions) => inspectKept(sessions, cluster)),
    onEachStore(cluster, async (store) => {
      const { archivesIn } = await import('../archives/archive.js')
      return (await archivesIn(store, cluster.name)).map(({ record, bytes }): SnapshotSeen => {
        return { record, place: store.title, kind: 'archive', bytes }
      })
    }),
  ])
  return {
    snapshots: [...kept.snapshots, ...archived.results],
    unreachable: [...kept.unreachable, ...archived.unreachable],
  }
}

/** Reads a snapshot in all places that have it, and compares it with its digests. */
export async function checkSnapshot(cluster: Cluster, name: string): Promise<SnapshotsChecked> {
  const { checkKept } = await import('../hosts/etcd/snapshots/inspect-places.js')
  const [kept, archived] = await Promise.all([
    withSessions((sessions) => checkKept(sessions, cluster, name)),
    onEachStore(cluster, async (store): Promise<SnapshotChecked[]> => {
      const { archivesIn, archiveSoundness } = await import('../archives/archive.js')
      const found = (await archivesIn(store, cluster.name)).find(({ record }) => record.name === name)
      if (found === undefined) return []
      return [{ place: store.title, kind: 'archive', is: await archiveSoundness(store, found) }]
    }),
  ])
  const places = [...kept.places, ...archived.results]
  const unreachable = [...kept.unreachable, ...archived.unreachable]
  if (places.length > 0 || unreachable.length > 0) return { places, unreachable }
  throw new QuorateError('SNAPSHOT_UNKNOWN', `no place has a snapshot ${name}`)
}

/** Runs a command on hosts of a cluster, on all of them at once. */
export async function execOnHosts(
  hosts: readonly Host[],
  words: readonly string[],
  how: HowToRun,
): Promise<readonly HostOutcome<Said>[]> {
  const { runOnHosts } = await import('../hosts/by-hand/run-on-hosts.js')
  return withSessions((sessions) => runOnHosts(sessions, hosts, words, how))
}

/** Runs kubectl on a control plane; returns its exit status and what it wrote to standard error. */
export async function kubectlOnControlPlane(
  cluster: Cluster,
  args: readonly string[],
  streams: KubectlStreams,
): Promise<{ readonly exitCode: number; readonly stderr: string }> {
  const { runKubectl } = await import('../hosts/by-hand/kubectl.js')
  return withSessions((sessions) => runKubectl(sessions, cluster, args, streams))
}

/** The way to a host, for OpenSSH's own client. */
export async function openSshConfig(host: Host): Promise<string> {
  const { openSshConfig: render } = await import('../ssh/index.js')
  return render(host)
}

/** What the servers on the way to hosts show of themselves. */
export interface KeysSeen {
  /** Those of servers that nobody knows yet, each once. */
  readonly unknown: readonly UnknownKey[]
  /** What else keeps hosts from being reached, by their names. */
  readonly failures: readonly ErrorReport[]
}

/**
 * Connects to hosts to see the keys that they and their jump hosts show. Behind a jump host that is unknown itself,
 * nothing can be seen yet.
 */
export async function seeHostKeys(hosts: readonly Host[]): Promise<KeysSeen> {
  const { createSessionPool } = await import('../ssh/index.js')
  const seen = new Map<string, UnknownKey>()
  const sessions = createSessionPool({ onUnknownKey: (key) => seen.set(`${key.file} ${key.name}`, key) })
  try {
    const outcomes = await onEachHost(sessions, hosts.map(strict), () => Promise.resolve())
    const failures = outcomes.flatMap(({ error }) => error ?? [])
    return {
      unknown: [...seen.values()],
      failures: failures.filter(({ code }) => code !== 'SSH_HOST_KEY_UNKNOWN'),
    }
  } finally {
    await sessions.close()
  }
}

/** The same way, on which no key is taken on trust. */
function strict(host: Host): Host {
  const jumps = host.ssh.proxyJump?.map((jump) => ({ ...jump, ssh: strictly(jump.ssh) }))
  return { ...host, ssh: { ...strictly(host.ssh), ...defined({ proxyJump: jumps }) } }
}

function strictly<Login extends SshLogin>(login: Login): Login {
  return { ...login, hostKeyChecking: 'strict' }
}

/** Gives access to what units of operations left on hosts. */
export async function withUnitLogs<Result>(act: (logs: UnitLogs) => Promise<Result>): Promise<Result> {
  const { unitLogs } = await import('../hosts/by-hand/unit-logs.js')
  return withSessions((sessions) => act(unitLogs(sessions)))
}

/** Looks at every place outside the cluster that the cluster file names. */
async function onEachStore<Result>(
  cluster: Cluster,
  look: (store: Store) => Promise<readonly Result[]>,
): Promise<{ readonly results: readonly Result[]; readonly unreachable: readonly ErrorReport[] }> {
  const { copies } = snapshotSettings(cluster)
  if (copies.length === 0) return { results: [], unreachable: [] }
  const { openStore } = await import('../archives/store.js')
  const outcomes = await Promise.allSettled(copies.map((copy) => openStore(copy).then(look)))
  return {
    results: outcomes.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])),
    unreachable: outcomes.flatMap((one) => (one.status === 'rejected' ? [reportError(one.reason)] : [])),
  }
}

async function withSessions<Result>(act: (sessions: SessionPool) => Promise<Result>): Promise<Result> {
  const { createSessionPool } = await import('../ssh/index.js')
  const sessions = createSessionPool()
  try {
    return await act(sessions)
  } finally {
    await sessions.close()
  }
}
