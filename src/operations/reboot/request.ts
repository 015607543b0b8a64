/** What a reboot of hosts is asked for. */
import type { DrainOptions } from '../drain.js'

/** Which hosts are rebooted, and how. */
export interface RebootRequest {
  /** Names of hosts in the cluster file; none: all of them. */
  readonly hosts: readonly string[]
  /** Only those that need it: their system says so, or a newer kernel than the running one is installed. */
  readonly required: boolean
  /** How many workers may be unavailable at once: a number from 1, or a percentage, e.g. `20%`. 1 unless given. */
  readonly maxUnavailable?: string
  readonly drain: DrainOptions
  /** Milliseconds that a host may take to come back, before the run waits for the operator. */
  readonly returnTimeoutMs: number
  /** No host is begun outside of these windows (values/window.ts). None: at any time. */
  readonly windows: readonly string[]
}

/** Longer than servers with much memory and many disks take for their own tests. */
export const RETURN_TIMEOUT_MS = 10 * 60_000
