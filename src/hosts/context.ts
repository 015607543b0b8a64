/** What code that works on a host is given: the host, the way to it, and whom to tell what is going on. */
import type { Cluster, Host } from '../cluster/model.js'
import type { Session, SessionPool } from '../ssh/index.js'
import type { Patience } from './timeouts.js'

/** What an activity on a host works with. */
export interface HostContext {
  readonly cluster: Cluster
  readonly host: Host
  readonly session: Session
  readonly sessions: SessionPool
  /** The operation's id on hosts; the same for every attempt and every activity of one run. */
  readonly operation: string
  /** Aborted when the activity is cancelled, timed out, or the worker shuts down. */
  readonly signal: AbortSignal
  /** Whether it was a person who cancelled; a worker that shuts down leaves what runs on the hosts alone. */
  readonly isCancelled: () => boolean
  /** For how long conditions are waited for. */
  readonly patience: Patience
  /** Tells what is going on or waited for; must be free of secrets. */
  readonly report: (line: string) => void
}
