/** Plans the rebuild of a cluster of which no control plane is left: an apply to bare hosts, seeded by an archive. Pure. */
import type { Cluster } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import type { HostFacts } from '../../facts/facts.js'
import { REBUILD_PHASES } from '../../operations/rebuild/phases.js'
import type { RebuildRequest, Seed } from '../../operations/rebuild/request.js'
import type { PlannedChange } from '../../operations/results.js'
import { planApply, type ApplyPlan } from '../plan.js'
import type { ArchivedCluster } from './archived-cluster.js'
import { rebuildProblems } from './refusals.js'
import { rebuildWarnings } from './warnings.js'

/** What a rebuild does, and what forbids it. */
export interface RebuildPlan {
  /** The apply to the control planes and balancers; workers are no part of it. */
  readonly apply: ApplyPlan
  readonly cluster: Cluster
  readonly seed: Seed
  readonly changes: readonly PlannedChange[]
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
}

/** The hosts of a rebuild: workers go on as they are, and are neither asked nor touched. */
export function withoutWorkers(file: Cluster): Cluster {
  return { ...file, hosts: file.hosts.filter(({ role }) => role !== 'worker') }
}

/** What the hosts tell. */
export interface RebuildLook {
  readonly facts: readonly HostFacts[]
  /** The errors of those that did not answer. */
  readonly unanswered: readonly ErrorReport[]
}

/** Plans the rebuild. The version is the archive's, whatever the file says. */
export function planRebuild(
  file: Cluster,
  look: RebuildLook,
  archived: ArchivedCluster,
  { archive, identity }: RebuildRequest,
): RebuildPlan {
  const { record, configuration, caHash } = archived
  const version = configuration?.version ?? record.kubernetesVersion
  const target = {
    ...withoutWorkers(file),
    ...(caHash === undefined ? {} : { caHash }),
    kubernetes: { ...file.kubernetes, version },
  }
  const isTaking = (name: string | undefined) => target.hosts.some((host) => host.name === name)
  const facts = look.facts.filter(({ host }) => isTaking(host))
  const unanswered = look.unanswered.filter(({ host }) => isTaking(host))
  const applied = planApply(target, facts, { presence: { kind: 'absent' }, unanswered })
  const problems = [...rebuildProblems({ file, target, facts, archived }), ...applied.problems]
  const changes = problems.length > 0 ? [] : withSeed(applied, record.name)
  const warnings = [...rebuildWarnings(file, target, archived), ...applied.warnings]
  const apply = { ...applied, problems, changes, warnings }
  return {
    apply,
    cluster: applied.cluster,
    seed: { archive, identity, record },
    changes,
    problems,
    warnings,
  }
}

/** The changes in the order in which they are made on each host. */
function withSeed(
  { changes, initHost, joiningControlPlanes }: ApplyPlan,
  name: string,
): readonly PlannedChange[] {
  const unpacked = {
    host: initHost.name,
    phase: REBUILD_PHASES['archived-snapshot'].title,
    action: `unpack ${name}; the keys of the cluster and etcd's data come from it`,
  }
  const deleted = joiningControlPlanes.map((host) => ({
    host: host.name,
    phase: REBUILD_PHASES.nodes.title,
    action: 'delete the node that it had before',
  }))
  return changes.flatMap((change) => {
    if (change.host === initHost.name && change.phase === REBUILD_PHASES['first-control-plane'].title) {
      return [unpacked, change]
    }
    const own = deleted.find(({ host }) => host === change.host)
    return own !== undefined && change.phase === REBUILD_PHASES['control-planes'].title
      ? [own, change]
      : [change]
  })
}
