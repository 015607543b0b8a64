/** Work on several hosts at once, in which a host that is away keeps no other from its turn. */
import type { Host } from '../cluster/model.js'
import { reportError, type ErrorReport } from '../errors/index.js'
import type { Session, SessionPool } from '../ssh/index.js'

/** What became of the work on one host. */
export interface HostOutcome<Result> {
  readonly host: string
  readonly result?: Result
  /** Why there is no result. */
  readonly error?: ErrorReport
}

/** Runs on all of these hosts at once, and waits for all; the outcomes are in the order of the hosts. */
export function onEachHost<Result>(
  sessions: SessionPool,
  hosts: readonly Host[],
  act: (session: Session) => Promise<Result>,
): Promise<readonly HostOutcome<Result>[]> {
  return Promise.all(
    hosts.map(async (host) => {
      try {
        return { host: host.name, result: await act(await sessions.session(host)) }
      } catch (error) {
        return { host: host.name, error: { host: host.name, ...reportError(error) } }
      }
    }),
  )
}
