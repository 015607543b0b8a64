/** Which snapshots of a place are no longer kept. Pure, so that no place decides for itself. */
import type { KeptSnapshots } from '../../cluster/snapshots.js'
import { parseSnapshotName } from '../../operations/snapshot-record.js'

/** What is decided from. */
export interface Retention {
  readonly cluster: string
  readonly keep: KeptSnapshots
  /** The newest snapshot that was verified, by its name. Without it in the place, everything stays. */
  readonly verified: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

const DAY_MS = 86_400_000

/**
 * The names that go. Only names of snapshots of the cluster are ever among them, and never the verified one.
 * @param names whatever the place has, without extensions.
 */
export function outdated(
  names: readonly string[],
  { cluster, keep, verified, now }: Retention,
): readonly string[] {
  const own = [...new Set(names)].flatMap((name) => {
    const parsed = parseSnapshotName(name, cluster)
    return parsed === undefined ? [] : [{ name, takenAt: parsed.takenAt }]
  })
  if (!own.some(({ name }) => name === verified)) return []
  // The verified one takes a place, however old it is.
  const others = own
    .filter(({ name }) => name !== verified)
    .toSorted((a, b) => b.takenAt - a.takenAt || (a.name < b.name ? 1 : -1))
  const oldest = keep.days === undefined ? -Infinity : now - keep.days * DAY_MS
  return others
    .filter(({ takenAt }, index) => index >= keep.count - 1 || takenAt < oldest)
    .map(({ name }) => name)
}
