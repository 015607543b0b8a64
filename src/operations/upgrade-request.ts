/** What an upgrade is asked for. */
import type { DrainOptions } from './drain.js'

/** Where an upgrade pauses by itself, in each of its hops. */
export type PausePoint = 'first-control-plane' | 'control-planes' | { readonly workers: number }

/** The hosts that an upgrade is limited to. */
export type UpgradePart = 'control-planes' | 'workers'

/** How an upgrade is to go. */
export interface UpgradeRequest {
  /** The target: `vX.Y.Z`, `stable` or `stable-1.Y`. The cluster file's version unless given. */
  readonly to?: string
  /** Releases to pass through, for the minors between. The newest of each minor unless given. */
  readonly via?: readonly string[]
  readonly pauseAfter?: PausePoint
  readonly only?: UpgradePart
  /** How many workers may be unavailable at once: a number from 1, or a percentage of all workers, e.g. `20%`. 1 unless given. */
  readonly maxUnavailable?: string
  /** How nodes are drained; `DRAIN_DEFAULTS` unless given. */
  readonly drain?: DrainOptions
  /** Take etcd to a version that etcd does not support after the one that runs. */
  readonly allowEtcdJump?: boolean
}

/** How many workers may be unavailable at once, of this many. */
export function workersAtOnce(
  { maxUnavailable = '1' }: Pick<UpgradeRequest, 'maxUnavailable'>,
  workers: number,
): number {
  const percent = /^(\d{1,3})%$/.exec(maxUnavailable)?.[1]
  const number =
    percent === undefined ? Number(maxUnavailable) : Math.floor((workers * Number(percent)) / 100)
  return Math.max(1, Number.isSafeInteger(number) ? number : 1)
}
