/** Plans a snapshot of etcd: from which member, where it is kept, and what prevents it. Pure. */
import { etcdHosts, etcdPlace, hostsWithRole, type Cluster, type Host } from '../../cluster/model.js'
import { copyTitle, snapshotSettings, type SnapshotSettings } from '../../cluster/snapshots.js'
import type { ErrorReport } from '../../errors/index.js'
import type { MemberStatus } from '../../facts/etcd-status.js'
import type { HostFacts } from '../../facts/facts.js'
import { servingControlPlanes } from '../../facts/first-control-plane.js'
import { SNAPSHOT_PHASES, type SnapshotPhase } from '../../operations/snapshot-phases.js'
import type { PlannedChange } from '../../operations/results.js'
import { finding } from '../../preflight/finding.js'
import { count } from '../../values/words.js'
import { defined } from '../../values/defined.js'
import { observedHosts, planApply, type Learnt } from '../plan.js'
import { knownCa } from '../reset/allegiance.js'
import { memberDoubt, memberToAsk } from './member.js'

/** What a snapshot does, and what prevents it. */
export interface SnapshotPlan {
  /** The cluster as it runs; its hosts are pinned to their machines. */
  readonly cluster: Cluster
  readonly settings: SnapshotSettings
  /** The host whose member is asked; undefined if there is none. */
  readonly from: Host | undefined
  /** The other hosts that keep it: those of the other members, as far as they answer. */
  readonly keepers: readonly Host[]
  /** Where the files of the archive are read: control planes that serve come first. */
  readonly sources: readonly Host[]
  readonly changes: readonly PlannedChange[]
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
}

/** What is known beside the facts. */
export interface SnapshotLearnt extends Pick<Learnt, 'presence' | 'unanswered'> {
  /** The members that answer. */
  readonly statuses: readonly MemberStatus[]
}

/** The cluster with what is known of its CA, and the hosts that a snapshot works with: all of them are locked. */
export function snapshotScene(
  file: Cluster,
  facts: readonly HostFacts[],
  learnt: Pick<Learnt, 'presence' | 'unanswered'>,
): { readonly cluster: Cluster; readonly members: readonly Host[]; readonly sources: readonly Host[] } {
  const applied = planApply(file, facts, learnt)
  const ca = applied.cluster.caHash ?? knownCa(file, observedHosts(file, facts), learnt.presence)
  const cluster = { ...applied.cluster, ...defined({ caHash: ca }) }
  const observed = observedHosts(cluster, facts)
  const answered = (host: Host) => observed.some((one) => one.host.name === host.name)
  const members = etcdHosts(cluster).filter(answered)
  const serving =
    hostsWithRole(cluster, 'control-plane').length === 0 ? [] : servingControlPlanes(cluster, observed)
  return { cluster, members, sources: [...new Set([...serving, ...members])] }
}

/** Plans the snapshot. */
export function planSnapshot(
  file: Cluster,
  facts: readonly HostFacts[],
  learnt: SnapshotLearnt,
): SnapshotPlan {
  const { cluster, members, sources } = snapshotScene(file, facts, learnt)
  const settings = snapshotSettings(file)
  const asked = memberToAsk(learnt.statuses)
  const from = members.find(({ name }) => name === asked?.host)
  const keepers = members.filter((host) => host !== from)
  const problems = snapshotProblems(file, from)
  return {
    cluster,
    settings,
    from,
    keepers,
    sources,
    problems,
    changes: from === undefined || problems.length > 0 ? [] : changesOf(from, keepers, settings),
    warnings: [
      ...awayWarnings(file, members, learnt),
      ...(asked === undefined ? [] : doubts(asked, learnt.statuses)),
      ...(settings.encryptTo.length > 0 && settings.copies.length > 0 ? [] : [NO_KEYS]),
    ],
  }
}

/** What it means that nothing is encrypted. */
const NO_KEYS =
  'the snapshot stays on the hosts, without the keys of the cluster: if all control planes are lost, it cannot be restored (spec.etcd.snapshots: encryptTo, copies)'

function snapshotProblems(file: Cluster, from: Host | undefined): readonly ErrorReport[] {
  if (etcdPlace(file) === 'elsewhere') {
    const message = 'spec.etcd.endpoints names an etcd that Quorate does not run'
    return [finding('error', 'ETCD_UNREACHABLE', undefined, message, 'take snapshots where that etcd is run')]
  }
  if (from !== undefined) return []
  const message = 'no sound member of etcd answers'
  const hint = '`quorate etcd members` tells why; start a member, or repair the one that etcd calls corrupt'
  return [finding('error', 'ETCD_UNREACHABLE', undefined, message, hint)]
}

function changesOf(
  from: Host,
  keepers: readonly Host[],
  { copies, keep }: SnapshotSettings,
): readonly PlannedChange[] {
  const change = (host: Host, phase: SnapshotPhase, action: string) => {
    return { host: host.name, phase: SNAPSHOT_PHASES[phase].title, action }
  }
  const age = keep.days === undefined ? '' : `, none older than ${count(keep.days, 'day')}`
  return [
    change(from, 'snapshot', "take a snapshot from etcd's member, and verify it"),
    ...copies.map((copy) =>
      change(from, 'encrypted-copies', `keep an encrypted archive in ${copyTitle(copy)}`),
    ),
    ...keepers.map((host) => change(host, 'copies-on-hosts', `keep a copy from ${from.name}`)),
    change(from, 'retention', `keep the newest ${keep.count} in each place${age}`),
  ]
}

/** Of the file: the running cluster no longer has hosts that do not answer. */
function awayWarnings(
  file: Cluster,
  members: readonly Host[],
  { statuses, unanswered }: SnapshotLearnt,
): readonly string[] {
  const silent = unanswered
    .filter(({ host }) => etcdHosts(file).some(({ name }) => name === host))
    .map(({ host = '', message }) => `${host} does not answer (${message}), and keeps no copy`)
  const stopped = members
    .filter(({ name }) => statuses.every(({ host }) => host !== name))
    .map(({ name }) => `the etcd member of ${name} does not answer`)
  return [...silent, ...stopped]
}

function doubts(asked: MemberStatus, statuses: readonly MemberStatus[]): readonly string[] {
  const doubt = memberDoubt(asked, statuses)
  const full = asked.alarms.some(({ alarm }) => alarm === 'NOSPACE')
  return [
    ...(doubt === undefined ? [] : [`${asked.host}: ${doubt}`]),
    ...(full
      ? ['etcd has run out of space (NOSPACE), and takes no writes: see `quorate etcd defragment`']
      : []),
  ]
}
