/** What a restore tells when it is done. */
import type { StartedMember } from '../../activities/restore/control-plane.js'
import type { DataSource } from '../../operations/restore/data.js'
import type { NodeSummary, RestoreResult } from '../../operations/results.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'
import type { Restoring } from './steps.js'

/** What was done. */
interface Done {
  readonly source: DataSource
  readonly saved: SnapshotRecord | undefined
  readonly member: StartedMember
  /** By host. */
  readonly oldData: ReadonlyMap<string, string>
  readonly nodes: readonly NodeSummary[]
}

export function resultOf({ run, plan, parts }: Restoring, done: Done): RestoreResult {
  const { saved, member, oldData, nodes, source } = done
  const members = parts.members.map(({ host }) => host).filter((host) => !run.isLeftOut(host))
  // Hosts that were removed since the snapshot have their nodes again.
  const strangers = nodes
    .filter(({ name }) => plan.cluster.hosts.every((host) => host.name !== name))
    .map(
      ({ name }) =>
        `the restored state has a node ${name} that the cluster file does not have: \`quorate remove ${name}\``,
    )
  run.warn(...strangers)
  return {
    kubernetesVersion: plan.cluster.kubernetes.version,
    changed: run.changed,
    restored: source.kind === 'snapshot' ? source.name : `the database of ${members[0]?.name ?? ''}`,
    ...(saved === undefined ? {} : { saved: { snapshot: saved.name, host: saved.host } }),
    clusterId: BigInt(member.clusterId).toString(16),
    revision: member.revision,
    members: members.map(({ name }) => ({ host: name, oldData: oldData.get(name) ?? '' })),
    dead: parts.dead.map(({ name }) => name),
    nodes,
    warnings: [...plan.warnings, ...strangers],
    skipped: run.skipped,
  }
}
