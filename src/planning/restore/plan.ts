/** Plans a restore of etcd: which state, on which hosts, what is lost, and what forbids it. Pure. */
import { hostsWithRole, type Cluster, type Host } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import type { HostFacts } from '../../facts/facts.js'
import type { RestoreLook } from './look.js'
import type { RestoreRequest } from '../../operations/restore/request.js'
import type { PlannedChange } from '../../operations/results.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'
import { defined } from '../../values/defined.js'
import type { Learnt } from '../plan.js'
import { memberToAsk } from '../snapshot/member.js'
import { snapshotScene } from '../snapshot/plan.js'
import type { PlannedSource, RestoreParts } from './parts.js'
import { restoreChanges } from './changes.js'
import { restoreProblems } from './refusals.js'
import { chosenSnapshot, chosenSurvivor, statusesOf } from './source.js'
import { restoreWarnings } from './warnings.js'

/** What a restore does, and what forbids it. */
export interface RestorePlan {
  /** The cluster as it runs; its hosts are pinned to their machines. */
  readonly cluster: Cluster
  /** Undefined if there is nothing to restore from; `problems` say so. */
  readonly parts: RestoreParts | undefined
  readonly changes: readonly PlannedChange[]
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
}

/** What is known beside the facts. */
export interface RestoreLearnt extends Pick<Learnt, 'presence' | 'unanswered'> {
  readonly looks: readonly RestoreLook[]
  /** The hosts whose copy of the chosen snapshot is sound. */
  readonly sound: readonly string[]
}

/** Plans the restore. */
export function planRestore(
  file: Cluster,
  facts: readonly HostFacts[],
  learnt: RestoreLearnt,
  request: RestoreRequest,
): RestorePlan {
  const { cluster, members: answering } = snapshotScene(file, facts, learnt)
  const { looks, sound, unanswered } = learnt
  const members = answering.flatMap((host) => {
    const pod = looks.find((one) => one.host === host.name)?.pod
    return pod === undefined ? [] : [{ host, pod }]
  })
  const record = chosenSnapshot(looks, request)
  const survivor = chosenSurvivor(looks, request)
  const hosts = members.map(({ host }) => host)
  // The cluster as it runs lacks the hosts that do not answer.
  const named = { ...file, ...defined({ caHash: cluster.caHash }) }
  const scene = { cluster: named, request, looks, unanswered, members: hosts, record, sound, survivor }
  const problems = restoreProblems(scene)
  const source = sourceOf(cluster, record, survivor, sound)
  const isAnswering = ({ name }: Host) => facts.some(({ host }) => host === name)
  const saving = source?.kind === 'snapshot' && !request.withoutSaving
  const saver = saving ? memberToAsk(statusesOf(looks)) : undefined
  const parts =
    source === undefined
      ? undefined
      : {
          source,
          saver: hosts.find(({ name }) => name === saver?.host),
          members,
          dead: hostsWithRole(file, 'control-plane').filter(({ name }) => request.dead.includes(name)),
          nodes: [...hosts, ...hostsWithRole(cluster, 'worker').filter(isAnswering)],
          isStopped: looks.some(({ unfinished }) => unfinished !== undefined),
        }
  return {
    cluster,
    parts,
    problems,
    changes: parts === undefined || problems.length > 0 ? [] : restoreChanges(parts),
    warnings: parts === undefined ? [] : restoreWarnings(scene, parts),
  }
}

function sourceOf(
  { hosts }: Cluster,
  record: SnapshotRecord | undefined,
  survivor: RestoreLook | undefined,
  sound: readonly string[],
): PlannedSource | undefined {
  if (record !== undefined) {
    return { kind: 'snapshot', record, holders: hosts.filter(({ name }) => sound.includes(name)) }
  }
  const host = hosts.find(({ name }) => name === survivor?.host)
  if (host === undefined) return undefined
  return { kind: survivor?.status === undefined ? 'database' : 'survivor', host }
}
