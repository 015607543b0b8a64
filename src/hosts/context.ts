/** What code that works on a host receives: the host, a session to it, and a way to report what is going on. */
import type { Cluster, Host } from '../cluster/model.js'
import { QuorateError, type ErrorCode, type ErrorContext } from '../errors/index.js'
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
  /** Aborted when the activity is cancelled or times out, or the worker shuts down. */
  readonly signal: AbortSignal
  /** Whether a person cancelled the activity. A worker that shuts down leaves whatever runs on the hosts alone. */
  readonly isCancelled: () => boolean
  /** How long to wait for conditions. */
  readonly patience: Patience
  /** Reports what is going on or being waited for; must be free of secrets. */
  readonly report: (line: string) => void
  /** Makes an error about this host. */
  readonly error: (code: ErrorCode, message: string, details?: Omit<ErrorContext, 'host'>) => QuorateError
}

/** A context without its host, which may be away. */
export type AwayContext = Omit<HostContext, 'session' | 'error'>

/** A context, with what follows from its other parts. */
export function hostContext(parts: Omit<HostContext, 'error'>): HostContext {
  const { name: host } = parts.host
  return {
    ...parts,
    error: (code, message, details) => new QuorateError(code, message, { host, ...details }),
  }
}
