/**
 * Plans the exchange of a host's machine: the removal of the old one, as the cluster has it, and the join of the new one
 * into the cluster that is left. Pure.
 */
import { etcdPlace, hostsWithRole, type Cluster, type Host } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import type { HostFacts } from '../../facts/facts.js'
import type { ClusterPresence, Standing } from '../../facts/standing.js'
import type { ReplaceRequest } from '../../operations/input.js'
import { REPLACE_PHASES } from '../../operations/replace-phases.js'
import type { PlannedChange } from '../../operations/results.js'
import { finding } from '../../preflight/finding.js'
import { planApply, type ApplyPlan, type Learnt } from '../plan.js'
import { fileWithout, isPart, presenceWithout } from '../remove/leaving.js'
import { planRemoval, type RemovalPlan, type StayingHosts } from '../remove/plan.js'
import { exchangeChanges } from './changes.js'
import { oldMachine, type Looks, type OldMachine } from './old-machine.js'
import { exchangeRefusals } from './refusals.js'
import { exchangeWarnings, operatorWarnings } from './warnings.js'

/** What a replacement does, and what forbids it. */
export interface ReplacementPlan {
  /** What the steps work with; undefined if there are problems. */
  readonly exchange: PlannedExchange | undefined
  readonly changes: readonly PlannedChange[]
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
}

/** What the steps of a replacement work with. */
export interface PlannedExchange {
  /** The file's cluster without hosts that have never been part of it; they do not matter here. */
  readonly target: Cluster
  /** The host as the file has it. */
  readonly host: Host
  readonly old: OldMachine
  readonly removal: RemovalPlan
  /** The cluster without the host. API servers keep the etcd endpoints that they have. */
  readonly staying: StayingHosts
  /** Where a snapshot of etcd is taken; undefined if no member leaves. */
  readonly snapshotHost: Host | undefined
  /** Whether the new machine is still to come. */
  readonly isAwaited: boolean
}

/** What is known before a replacement is planned. */
export interface ReplacementFacts extends Learnt {
  readonly facts: readonly HostFacts[]
  /** What answered where the cluster knows the host, if that is not where the file has it. */
  readonly former?: Looks['former']
}

/** Plans the replacement. The same facts give the same plan. */
export function planReplacement(
  file: Cluster,
  known: ReplacementFacts,
  request: ReplaceRequest,
): ReplacementPlan {
  const host = file.hosts.find(({ name }) => name === request.host)
  const { presence, unanswered } = known
  if (host === undefined) return refused(unknownHost(file, request.host))
  if (presence.kind === 'absent' && unanswered.length > 0) return refused(...unanswered)
  if (presence.kind !== 'read') return refused(noCluster(file, presence))
  return planned(file, host, presence.standing, known, request)
}

function planned(
  file: Cluster,
  host: Host,
  standing: Standing,
  known: ReplacementFacts,
  request: ReplaceRequest,
): ReplacementPlan {
  const { facts, unanswered, former } = known
  const others = facts.filter((one) => one.host !== host.name)
  const target = targetOf(file, host, facts, standing)
  const ofHost = {
    facts: facts.find((one) => one.host === host.name),
    unanswered: unanswered.find((one) => one.host === host.name),
  }
  const old = oldMachine(file, host, standing, {
    ...definedLooks(ofHost),
    ...(former === undefined ? {} : { former }),
  })
  const learnt = {
    ...known,
    unanswered: unanswered.filter((one) =>
      target.hosts.some(({ name }) => name === one.host && name !== host.name),
    ),
  }
  const removal = removalOf(target, old, others, learnt, request)
  const joining = joiningPlan({ target, old, others, learnt, removal })
  const problems = unique([
    ...exchangeRefusals({ file: target, old, isDead: request.isDead, others, joining }),
    ...removal.problems,
    ...joining.problems,
  ])
  const warnings = [...removal.warnings, ...operatorWarnings(file, host, old, request.isDead)]
  const { staying } = removal
  if (problems.length > 0 || staying === undefined)
    return { exchange: undefined, changes: [], problems, warnings }
  const isAwaited = old.state === 'alive' ? !request.inPlace : old.successor === undefined
  const snapshotHost = snapshotHostOf(removal, staying)
  return {
    exchange: {
      target,
      host,
      old,
      removal,
      staying: { ...staying, staleEndpoints: [] },
      snapshotHost,
      isAwaited,
    },
    changes: exchangeChanges({
      file: target,
      host,
      removal: removal.changes.filter(({ phase }) => phase !== REPLACE_PHASES['etcd-endpoints'].title),
      snapshotHost,
      isAwaited,
      isSeen: old.successor !== undefined,
      joining,
    }),
    problems,
    warnings,
  }
}

function definedLooks({
  facts,
  unanswered,
}: {
  facts: HostFacts | undefined
  unanswered: ErrorReport | undefined
}): Looks {
  return { ...(facts === undefined ? {} : { facts }), ...(unanswered === undefined ? {} : { unanswered }) }
}

/** Hosts that were written into the file and never applied are not waited for. */
function targetOf(file: Cluster, host: Host, facts: readonly HostFacts[], standing: Standing): Cluster {
  const never = file.hosts.filter((one) => one.name !== host.name && !isPart(file, one, facts, standing))
  return fileWithout(
    file,
    never.map(({ name }) => name),
  )
}

/** The removal of the old machine, at the address where the cluster has it. */
function removalOf(
  target: Cluster,
  old: OldMachine,
  others: readonly HostFacts[],
  learnt: Learnt,
  { drain }: Pick<ReplaceRequest, 'drain'>,
): RemovalPlan {
  const { name } = old.host
  if (old.state === 'none') {
    return planRemoval(
      fileWithout(target, [name]),
      others,
      learnt,
      { hosts: [], dead: [], drain },
      exchangeWarnings,
    )
  }
  const hosts = target.hosts.map((host) => (host.name === name ? old.host : host))
  const isAlive = old.state === 'alive' && old.facts !== undefined
  // Nothing is asked of a machine that is gone, nor of the one that has taken its place.
  const facts = isAlive ? [...others, old.facts] : others
  const request = { hosts: [name], dead: isAlive ? [] : [name], drain }
  return planRemoval({ ...target, hosts }, facts, learnt, request, exchangeWarnings)
}

/** The apply of the file once the old machine has left; of the new one only what is seen of it already. */
function joiningPlan({
  target,
  old,
  others,
  learnt,
  removal,
}: {
  readonly target: Cluster
  readonly old: OldMachine
  readonly others: readonly HostFacts[]
  readonly learnt: Learnt
  readonly removal: RemovalPlan
}): ApplyPlan {
  const facts = old.successor === undefined ? others : [...others, old.successor]
  return planApply(target, facts, { ...learnt, presence: presenceWithout(learnt.presence, removal.leaving) })
}

/** A host that stays and has a member. */
function snapshotHostOf({ leaving }: RemovalPlan, { cluster, apiHost }: StayingHosts): Host | undefined {
  if (leaving.every(({ member }) => member === undefined)) return undefined
  return etcdPlace(cluster) === 'etcd-hosts' ? hostsWithRole(cluster, 'etcd')[0] : apiHost
}

function refused(...problems: readonly ErrorReport[]): ReplacementPlan {
  return { exchange: undefined, changes: [], problems, warnings: [] }
}

function unknownHost(file: Cluster, name: string) {
  const names = file.hosts.map((host) => host.name).join(', ')
  const hint = `the hosts are ${names}; one that the file no longer has is put back there first`
  return finding('error', 'HOST_UNKNOWN', undefined, `there is no host ${name} in the cluster file`, hint)
}

function noCluster(file: Cluster, presence: Exclude<ClusterPresence, { kind: 'read' }>) {
  if (presence.kind === 'absent') {
    const hint = 'run `quorate apply`, which makes one'
    return finding('error', 'REPLACEMENT_REFUSED', undefined, 'there is no running cluster', hint)
  }
  const place = file.hosts.find(({ name }) => name === presence.host)
  const message = `the API of the running cluster does not answer (${presence.reason}): no machine of it can be exchanged`
  const hint = 'bring an API server back first; `crictl ps -a` on the control planes shows what runs'
  return finding('error', 'CLUSTER_UNREADABLE', place, message, hint)
}

/** The removal and the apply may find the same. */
function unique(problems: readonly ErrorReport[]): readonly ErrorReport[] {
  return problems.filter(
    (one, index) =>
      problems.findIndex(
        ({ code, host, message }) => code === one.code && host === one.host && message === one.message,
      ) === index,
  )
}
