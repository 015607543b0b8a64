/** Plans an upgrade from the cluster file, the facts of all hosts and the standing of the running cluster. Pure. */
import { isQuorateError, type ErrorReport } from '../../errors/index.js'
import { etcdHosts, etcdPlace, hostsWithRole, type Cluster, type Host } from '../../cluster/model.js'
import { requireVersion } from '../../cluster/versions.js'
import type { HostFacts } from '../../facts/facts.js'
import type { Standing } from '../../facts/standing.js'
import type { PlannedChange, PlannedUpgrade } from '../../operations/results.js'
import type { UpgradeRequest } from '../../operations/upgrade-request.js'
import { planApply, type ApplyPlan } from '../plan.js'
import { hopChanges, type HopSituation } from './changes.js'
import { etcdJump, etcdMinorOf, type RunningMember } from './etcd-rule.js'
import type { Hop, UpgradeHosts } from './hop.js'
import { hops as hopsBetween } from './hops.js'
import { upgradeRefusals } from './refusals.js'
import { apiServers, rangeOf } from './skew.js'

/** What an upgrade does, and what prevents it. */
export interface UpgradePlan extends UpgradeHosts {
  /** The cluster as it runs. */
  readonly cluster: Cluster
  readonly from: string
  readonly to: string
  readonly hops: readonly string[]
  /** The versions of kubelets when the plan was made, by the names of their nodes. */
  readonly versions: Readonly<Record<string, string>>
  readonly changes: readonly PlannedChange[]
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
  /** What people are shown of versions meanwhile. */
  readonly shown: PlannedUpgrade
}

/** What an upgrade is planned from. */
export interface UpgradeInput {
  readonly file: Cluster
  readonly facts: readonly HostFacts[]
  readonly unanswered: readonly ErrorReport[]
  readonly standing: Standing
  readonly request: UpgradeRequest
  /** The target, resolved. */
  readonly to: string
  /** Releases for the minors between. */
  readonly between: readonly string[]
  /** The members of an etcd of ours, with the versions that they run. */
  readonly members: readonly RunningMember[]
}

/** Plans an upgrade. */
export function planUpgrade(input: UpgradeInput): UpgradePlan {
  const { file, facts, unanswered, standing, request, to } = input
  const from = standing.configuration.version
  // Everything that an apply finds still counts, except that the file asks for another version.
  const asIs = { ...file, kubernetes: { ...file.kubernetes, version: from } }
  const applied = planApply(asIs, facts, { presence: { kind: 'read', standing }, unanswered })
  const hosts = hostsOf(applied, standing, request, to)
  const path = pathOf(input, from, hosts)
  const versions = path.problem === undefined ? path.hops : []
  const situation = { cluster: applied.cluster, standing, request, to, hops: versions }
  return {
    ...hosts,
    cluster: applied.cluster,
    from,
    to,
    hops: versions,
    versions: Object.fromEntries(standing.nodes.map(({ name, version }) => [name, version])),
    changes: versions.flatMap((version, index) =>
      hopChanges(situationOf(input, hosts, applied.cluster, versions, version, index)),
    ),
    problems: [
      ...(path.problem === undefined ? [] : [path.problem]),
      ...upgradeRefusals(situation),
      ...applied.problems.filter((problem) => concerns(problem, standing)),
    ],
    warnings: [...warningsOf(applied, hosts, standing)],
    shown: { from, to, hops: versions.map((version) => ({ version, skew: skewOf(standing, version) })) },
  }
}

function hostsOf(
  { cluster, apiHost, loadBalancers, backends }: ApplyPlan,
  standing: Standing,
  { only }: UpgradeRequest,
  to: string,
): UpgradeHosts {
  const isNode = ({ name }: Host) => standing.nodes.some((node) => node.name === name)
  const all = hostsWithRole(cluster, 'control-plane').filter(isNode)
  const controlPlanes = only === 'workers' ? [] : all
  const workers = only === 'control-planes' ? [] : hostsWithRole(cluster, 'worker').filter(isNode)
  const etcd = etcdPlace(cluster) === 'etcd-hosts' && only === undefined ? hostsWithRole(cluster, 'etcd') : []
  // Where kubeadm was interrupted after it had upgraded the host, and before it recorded the version.
  const begun = all.find(({ name }) =>
    apiServers(standing).some((one) => one.host === name && one.version === to),
  )
  const isRecorded = standing.configuration.version === to
  const first =
    (isRecorded ? undefined : begun) ?? all.find(({ name }) => name === apiHost.name) ?? all[0] ?? apiHost
  return {
    all: [...etcd, ...controlPlanes, ...workers],
    first,
    controlPlanes: [first, ...controlPlanes.filter(({ name }) => name !== first.name)].filter((host) =>
      controlPlanes.includes(host),
    ),
    workers,
    etcd,
    loadBalancers,
    backends: backends.filter(isNode),
    snapshotHost: snapshotHost(cluster, first, only),
  }
}

function snapshotHost(cluster: Cluster, first: Host, only: UpgradeRequest['only']): Host | undefined {
  if (only === 'workers') return undefined
  const members = etcdHosts(cluster)
  return members.find(({ name }) => name === first.name) ?? members[0]
}

/** The versions on the way. What an earlier upgrade has left behind is brought to the recorded version first. */
function pathOf(
  { standing, to, between }: UpgradeInput,
  from: string,
  { controlPlanes }: UpgradeHosts,
): { readonly hops: readonly string[]; readonly problem?: ErrorReport } {
  try {
    const path = hopsBetween(from, to, between)
    const isWhole = controlPlanes.every(
      ({ name }) =>
        apiServers(standing).every(
          ({ host, version }) => host !== name || version === from || version === to,
        ) &&
        standing.nodes.every((node) => node.name !== name || node.version === from || node.version === to),
    )
    return { hops: isWhole || path[0] === from ? path : [from, ...path] }
  } catch (error) {
    if (!isQuorateError(error)) throw error
    return { hops: [], problem: error.report() }
  }
}

function situationOf(
  { standing, facts, members, request }: UpgradeInput,
  hosts: UpgradeHosts,
  cluster: Cluster,
  versions: readonly string[],
  version: string,
  index: number,
): HopSituation {
  const isObserved = index === 0
  const previous = versions[index - 1] ?? standing.configuration.version
  return {
    ...hosts,
    hop: isObserved
      ? hopOf(cluster, hosts, version, members, request)
      : laterHop(cluster, version, previous, request),
    isObserved,
    standing,
    facts: new Map(facts.map((one) => [one.host, one])),
  }
}

/** A hop from members whose versions are known. */
export function hopOf(
  cluster: Cluster,
  { controlPlanes, etcd }: Pick<UpgradeHosts, 'controlPlanes' | 'etcd'>,
  version: string,
  members: readonly RunningMember[],
  { allowEtcdJump }: UpgradeRequest,
): Hop {
  const hosts = etcdPlace(cluster) === 'etcd-hosts' ? etcd : controlPlanes
  const jump = etcdJump(members, etcdMinorOf(requireVersion(version).minor))
  if (jump === undefined || allowEtcdJump === true) return { version, steppingMembers: [] }
  const isTooOld = ({ name }: Host) => jump.members.some((member) => member.name === name)
  return { version, steppingTag: jump.steppingTag, steppingMembers: hosts.filter(isTooOld) }
}

/** A hop for which nobody knows yet which patch of etcd the one before brings: the run looks again. */
function laterHop(
  cluster: Cluster,
  version: string,
  previous: string,
  { allowEtcdJump }: UpgradeRequest,
): Hop {
  const [before, after] = [previous, version].map((one) => etcdMinorOf(requireVersion(one).minor))
  if (before === after || allowEtcdJump === true) return { version, steppingMembers: [] }
  const jump = etcdJump([{ name: '', version: `3.${before ?? 0}.0` }], after ?? 0)
  if (jump === undefined) return { version, steppingMembers: [] }
  return { version, steppingTag: jump.steppingTag, steppingMembers: etcdHosts(cluster) }
}

/** Problems of hosts that are not part of the cluster do not stop an upgrade: it does not touch them. */
function concerns({ host, code }: ErrorReport, { nodes }: Standing): boolean {
  if (TOLD_BY_PLAN.some((one) => one === code)) return false
  return host === undefined || nodes.some(({ name }) => name === host)
}

/** What an apply says of versions, the upgrade itself says better. */
const TOLD_BY_PLAN = ['VERSION_SKEW', 'UPGRADE_UNFINISHED', 'UPGRADE_NEEDED'] as const

function warningsOf(
  { cluster, findings }: ApplyPlan,
  { controlPlanes, loadBalancers, backends }: UpgradeHosts,
  { nodes }: Standing,
): readonly string[] {
  const strangers = [...hostsWithRole(cluster, 'control-plane'), ...hostsWithRole(cluster, 'worker')].filter(
    ({ name }) => !nodes.some((node) => node.name === name),
  )
  const told = findings
    .filter(({ severity, code }) => severity === 'warning' && !TOLD_BY_PLAN.some((one) => one === code))
    .map(({ host, message }) => (host === undefined ? message : `${host}: ${message}`))
  const notes = [
    [
      strangers.length > 0,
      `not part of the cluster yet, and left alone: ${strangers.map(({ name }) => name).join(', ')}`,
    ],
    [controlPlanes.length === 1, 'there is one control plane: the API does not answer while it is upgraded'],
    [
      controlPlanes.length === 2 && etcdPlace(cluster) === 'control-planes',
      'etcd has two members: the API does not answer while one of them restarts',
    ],
    [
      controlPlanes.length > 0 && loadBalancers.length === 0 && backends.length > 1,
      'the load balancer is not ours: take each control plane out of it by hand, or requests fail for some seconds while its API server restarts',
    ],
    [
      etcdPlace(cluster) === 'elsewhere',
      'somebody else runs etcd: take a snapshot of it, and see that its version suits',
    ],
  ] as const
  return [...told, ...notes.flatMap(([holds, note]) => (holds ? [note] : []))]
}

function skewOf(standing: Standing, version: string): string {
  const servers = rangeOf([...apiServers(standing).map((one) => one.version), version])
  const kubelets = rangeOf(standing.nodes.map((node) => node.version))
  return `API servers ${servers} meanwhile, kubelets ${kubelets} until their turn`
}
