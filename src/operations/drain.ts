/** How nodes are emptied of their pods before they leave or restart. */

/**
 * What to do with pods that no controller would start again elsewhere. `stop`: park the step, so that a person decides.
 * `evict`: evict them like others, which deletes them.
 */
export type UnmanagedPods = 'stop' | 'evict'

/** How a node is drained. */
export interface DrainOptions {
  /** Milliseconds for everything that may stand in the way: disruption budgets, grace periods, volumes. */
  readonly timeoutMs: number
  readonly unmanaged: UnmanagedPods
  /** Replaces the pods' own grace periods, in seconds. */
  readonly gracePeriodS?: number
}

/** Ten minutes: longer than usual grace periods, and than a rollout that holds a disruption budget. */
export const DRAIN_DEFAULTS: DrainOptions = { timeoutMs: 600_000, unmanaged: 'stop' }

/** How people ask for a drain. */
interface DrainWishes {
  readonly timeoutMs: number | undefined
  /** Evict pods that no controller brings back. */
  readonly evictUnmanaged: boolean | undefined
}

/** The drain that was asked for; the defaults where nothing was. */
export function drainOptions({ timeoutMs, evictUnmanaged }: DrainWishes): DrainOptions {
  const { timeoutMs: usual, unmanaged } = DRAIN_DEFAULTS
  return { timeoutMs: timeoutMs ?? usual, unmanaged: evictUnmanaged === true ? 'evict' : unmanaged }
}
