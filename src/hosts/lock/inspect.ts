/**
 * The locks of a cluster's hosts, as an operator sees and breaks them: over SSH, without an operation and without
 * Temporal.
 */
import type { Cluster } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import type { Session, SessionPool } from '../../ssh/index.js'
import { onEachHost } from '../each-host.js'
import { breakLock, readLock, unitsOf, workflowOf, type HostLock } from './lock.js'

/** A host that an operation holds. */
export interface LockedHost extends HostLock {
  readonly host: string
  /** Id of the workflow whose operation holds the host, on whichever Temporal server it runs. */
  readonly workflowId: string
  /** Units of that operation that run on the host now. */
  readonly units: readonly string[]
}

/** What was found on the hosts. */
export interface LocksFound {
  readonly locked: readonly LockedHost[]
  /** Why hosts could not be looked at. */
  readonly unreachable: readonly ErrorReport[]
}

/** The outcome of breaking locks, by the names of their hosts. */
export interface LocksBroken {
  readonly broken: readonly string[]
  /** Hosts whose lock had changed hands, or was given up, since it was looked at: left as they are. */
  readonly changed: readonly string[]
  readonly unreachable: readonly ErrorReport[]
}

/** The locks of one cluster's hosts. */
export interface HostLocks {
  read(): Promise<LocksFound>
  /** Breaks these locks if they are still as they were found. */
  break(locked: readonly LockedHost[]): Promise<LocksBroken>
}

export function hostLocks(sessions: SessionPool, cluster: Cluster): HostLocks {
  return {
    read: async () => {
      const outcomes = await onEachHost(sessions, cluster.hosts, find)
      return {
        locked: outcomes.flatMap(({ result }) => result ?? []),
        unreachable: outcomes.flatMap(({ error }) => error ?? []),
      }
    },
    break: async (locked) => {
      const byHost = new Map(locked.map((one) => [one.host, one]))
      const hosts = cluster.hosts.filter(({ name }) => byHost.has(name))
      const outcomes = await onEachHost(sessions, hosts, async (session) => {
        const lock = byHost.get(session.host.name)
        return lock !== undefined && (await breakLock(session, lock))
      })
      const withResult = (result: boolean) =>
        outcomes.filter((outcome) => outcome.result === result).map(({ host }) => host)
      return {
        broken: withResult(true),
        changed: withResult(false),
        unreachable: outcomes.flatMap(({ error }) => error ?? []),
      }
    },
  }
}

async function find(session: Session): Promise<LockedHost | undefined> {
  const lock = await readLock(session)
  if (lock === undefined) return undefined
  const units = await unitsOf(session, lock.operation)
  return { host: session.host.name, workflowId: workflowOf(lock.owner), ...lock, units }
}
