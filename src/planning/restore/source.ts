/** Which state a restore takes. Pure. */
import type { MemberStatus } from '../../facts/etcd-status.js'
import type { RestoreLook } from './look.js'
import type { RestoreRequest } from '../../operations/restore/request.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'

/** Every snapshot that hosts keep, each once, the newest first. */
export function knownSnapshots(looks: readonly RestoreLook[]): readonly SnapshotRecord[] {
  const byName = new Map(looks.flatMap(({ snapshots }) => snapshots.map((one) => [one.name, one] as const)))
  return [...byName.values()].toSorted((a, b) => Date.parse(b.takenAt) - Date.parse(a.takenAt))
}

/** The snapshot that is asked for: the newest unless one is named. An older one never stands in for it. */
export function chosenSnapshot(
  looks: readonly RestoreLook[],
  { from }: RestoreRequest,
): SnapshotRecord | undefined {
  if (from.kind !== 'snapshot') return undefined
  const known = knownSnapshots(looks)
  return from.name === undefined ? known[0] : known.find(({ name }) => name === from.name)
}

/** The names of the hosts that keep a snapshot as it was written down. */
export function holdersOf(looks: readonly RestoreLook[], record: SnapshotRecord): readonly string[] {
  const isSame = (one: SnapshotRecord) => one.name === record.name && one.sha256 === record.sha256
  return looks.filter(({ snapshots }) => snapshots.some(isSame)).map(({ host }) => host)
}

/** The members that answer. */
export function statusesOf(looks: readonly RestoreLook[]): readonly MemberStatus[] {
  return looks.flatMap(({ status }) => (status === undefined ? [] : [status]))
}

/**
 * The survivor whose state is taken. Of several that answer, the one that has applied most; one that does not answer only
 * if no other host has data. A database alone counts only if its host is named.
 */
export function chosenSurvivor(
  looks: readonly RestoreLook[],
  { from }: RestoreRequest,
): RestoreLook | undefined {
  if (from.kind !== 'survivor') return undefined
  if (from.host !== undefined) return looks.find(({ host }) => host === from.host)
  const answering = looks.filter(({ status }) => status !== undefined)
  const furthest = answering.toSorted((a, b) => appliedBy(b) - appliedBy(a))[0]
  const having = looks.filter(({ hasData, lacksLog }) => hasData && lacksLog !== true)
  return furthest ?? (having.length === 1 ? having[0] : undefined)
}

function appliedBy({ status }: RestoreLook): number {
  return status?.raftAppliedIndex ?? 0
}

/** `3.6` of `3.6.8`, or of an image such as `registry.k8s.io/etcd:3.6.8-0`; undefined if it does not tell. */
export function minorOf(version: string): string | undefined {
  return /(?:^|:)v?(\d+\.\d+)\.\d+[^/]*$/.exec(version)?.[1]
}
