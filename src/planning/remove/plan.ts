/** Plans a removal: which hosts leave, in which order, what changes on those that stay, and what forbids it. Pure. */
import { balancerHosts } from '../../cluster/balancer-hosts.js'
import { etcdPlace, type Cluster, type Host } from '../../cluster/model.js'
import { issuerOf } from '../../facts/etcd-renewal.js'
import type { HostFacts } from '../../facts/facts.js'
import { servingControlPlanes } from '../../facts/first-control-plane.js'
import type { ClusterPresence, Standing } from '../../facts/standing.js'
import type { ErrorReport } from '../../errors/index.js'
import type { RemoveRequest } from '../../operations/input.js'
import type { PlannedChange } from '../../operations/results.js'
import { finding, type PreflightFinding } from '../../preflight/finding.js'
import { isAway, unansweredFindings } from '../drift/away.js'
import { observedHosts, planApply, type Learnt } from '../plan.js'
import { removalChanges } from './changes.js'
import {
  fileWithout,
  isPart,
  isStillThere,
  leavingHosts,
  presenceWithout,
  unlistedHosts,
  type LeavingHost,
} from './leaving.js'
import { refusals, type Removal } from './refusals.js'
import { removalWarnings, type RemovalWarnings } from './warnings.js'

/** What a removal does, and what forbids it. */
export interface RemovalPlan {
  /** Those that leave, in the order in which they do. */
  readonly leaving: readonly LeavingHost[]
  /** Names of those that were asked for and are no part of the cluster. */
  readonly gone: readonly string[]
  /** What the steps work with; undefined if there are problems. */
  readonly staying: StayingHosts | undefined
  readonly changes: readonly PlannedChange[]
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
}

/** The cluster without the leaving hosts, and the parts that its hosts play. */
export interface StayingHosts {
  readonly cluster: Cluster
  /** The control plane that is asked about the cluster and told what changes. */
  readonly apiHost: Host
  /** Balancers that must learn of the removal. */
  readonly balancers: readonly Host[]
  /** The control planes that balancers send requests to afterwards, in the order of their configuration. */
  readonly backends: readonly Host[]
  /** Control planes whose API servers ask an etcd host that leaves. */
  readonly staleEndpoints: readonly Host[]
  /** The etcd host that gets the key of etcd's CA from one that leaves. */
  readonly keeper: Host | undefined
}

/** Plans the removal. The facts may be of hosts that the file does not have. `warn` says what it costs. */
export function planRemoval(
  file: Cluster,
  facts: readonly HostFacts[],
  learnt: Learnt,
  request: RemoveRequest,
  warn: RemovalWarnings = removalWarnings,
): RemovalPlan {
  const { presence } = learnt
  if (presence.kind !== 'read') return refusedAsAWhole(file, presence, learnt.unanswered)
  const { standing } = presence
  const asked = [...new Set(request.hosts)]
  const known = [...file.hosts, ...unlistedHosts(file, presence, request)]
  const unknown = asked.filter((name) => !known.some((host) => host.name === name))
  const found = asked.flatMap((name) => known.find((host) => host.name === name) ?? [])
  const all = leavingHosts(file, found, facts, standing, request)
  const answers = ({ host }: LeavingHost) => facts.some((one) => one.host === host.name)
  // Nobody knows what is left on a host that does not answer, unless it is vouched for.
  const leaving = all.filter((one) => isStillThere(one) || !(one.isDead || answers(one)))
  const removal = removalOf({ file, facts, learnt, leaving, standing })
  const strangers = unknownFindings(file, standing, unknown)
  const others = othersAway(removal, presence)
  const problems = [...strangers, ...refusals(removal), ...others].filter(
    ({ severity }) => severity === 'error',
  )
  const staying = problems.length > 0 ? undefined : stayingHosts(removal, learnt)
  return {
    leaving,
    gone: [
      ...all.filter((one) => !leaving.includes(one)).map(({ host }) => host.name),
      ...unknown.filter((name) => wasRemoved(standing, name)),
    ],
    staying,
    changes: staying === undefined ? [] : removalChanges(removal, staying),
    problems,
    warnings: [
      ...others.filter(({ severity }) => severity === 'warning').map(inOneLine),
      ...warn(removal, staying?.keeper),
    ],
  }
}

function refusedAsAWhole(
  file: Cluster,
  presence: Exclude<ClusterPresence, { kind: 'read' }>,
  unanswered: readonly ErrorReport[],
): RemovalPlan {
  const nothing = { leaving: [], gone: [], staying: undefined, changes: [], warnings: [] }
  // Whether there is a cluster, only the hosts that do not answer may know.
  if (presence.kind === 'absent' && unanswered.length > 0) return { ...nothing, problems: unanswered }
  const problem =
    presence.kind === 'absent'
      ? finding('error', 'REMOVAL_REFUSED', undefined, 'there is no running cluster', NO_CLUSTER_HINT)
      : finding(
          'error',
          'CLUSTER_UNREADABLE',
          file.hosts.find(({ name }) => name === presence.host),
          `the API of the running cluster does not answer (${presence.reason}): nothing can be removed from it`,
          'bring an API server back first; `crictl ps -a` on the control planes shows what runs',
        )
  return { ...nothing, problems: [problem] }
}

const NO_CLUSTER_HINT =
  'take the host out of the cluster file; it was never part of a cluster; `quorate reset` makes it bare'

interface Known {
  readonly file: Cluster
  readonly facts: readonly HostFacts[]
  readonly learnt: Learnt
  readonly leaving: readonly LeavingHost[]
  readonly standing: Standing
}

function removalOf({ file, facts, learnt, leaving, standing }: Known): Removal {
  const isLeaving = (name: string) => leaving.some(({ host }) => host.name === name)
  const others = file.hosts.filter((host) => isLeaving(host.name) || !isPart(file, host, facts, standing))
  return {
    file,
    remaining: fileWithout(
      file,
      others.map(({ name }) => name),
    ),
    leaving,
    facts,
    unanswered: learnt.unanswered,
    standing,
  }
}

/** Names that neither the file nor the cluster knows; one that was removed before is no mistake. */
function unknownFindings(
  file: Cluster,
  standing: Standing,
  unknown: readonly string[],
): readonly PreflightFinding[] {
  const names = [...new Set([...file.hosts, ...standing.nodes].map(({ name }) => name))]
  return unknown
    .filter((name) => !wasRemoved(standing, name))
    .map((name) =>
      finding(
        'error',
        'HOST_UNKNOWN',
        undefined,
        `there is no host ${name} in the cluster file or in the cluster`,
        `the hosts are ${names.join(', ')}`,
      ),
    )
}

function wasRemoved({ removed = [] }: Standing, name: string): boolean {
  return removed.some((one) => one.name === name)
}

/** Hosts that stay and do not answer. One that is no part of the cluster does not matter. */
function othersAway(removal: Removal, presence: ClusterPresence): readonly PreflightFinding[] {
  const { remaining, leaving, facts, unanswered } = removal
  const others = unanswered.filter(({ host }) => remaining.hosts.some(({ name }) => name === host))
  return unansweredFindings(
    remaining,
    others,
    presenceWithout(presence, leaving),
    observedHosts(remaining, facts),
  ).filter((one) => one.severity !== 'error' || one.code === 'HOST_AWAY' || !isAway(one))
}

function stayingHosts(removal: Removal, learnt: Learnt): StayingHosts | undefined {
  const { remaining, leaving, facts, unanswered } = removal
  const plan = planApply(remaining, facts, {
    presence: presenceWithout(learnt.presence, leaving),
    unanswered: unanswered.filter(({ host }) => remaining.hosts.some(({ name }) => name === host)),
  })
  const { cluster } = plan
  const [apiHost] = servingControlPlanes(cluster, observedHosts(cluster, facts))
  if (apiHost === undefined) return undefined
  const isTold = leaving.some(({ host, balances }) => balances || host.role === 'control-plane')
  return {
    cluster,
    apiHost,
    balancers: isTold ? balancerHosts(cluster) : [],
    backends: plan.serving,
    staleEndpoints: leaving.some(({ host }) => host.role === 'etcd') ? plan.staleEndpoints : [],
    keeper: keeperOf(removal),
  }
}

/** Only one etcd host has the key with which certificates of members are issued: it must not be lost with its host. */
function keeperOf({ file, leaving, facts, remaining }: Removal): Host | undefined {
  if (etcdPlace(file) !== 'etcd-hosts') return undefined
  const hosts = leaving.filter(({ isDead }) => !isDead).map(({ host }) => host)
  const has = issuerOf(observedHosts({ ...file, hosts }, facts))
  if (has === undefined || issuerOf(observedHosts(remaining, facts)) !== undefined) return undefined
  return observedHosts(remaining, facts).find(({ host }) => host.role === 'etcd')?.host
}

function inOneLine({ host, message }: PreflightFinding): string {
  return host === undefined ? message : `${host}: ${message}`
}
