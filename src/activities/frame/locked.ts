/**
 * The frame around every activity that changes something. The operation locks the hosts on which the activity works,
 * and what the activity does there takes effect only while the operation holds the lock.
 */
import { Context } from '@temporalio/activity'
import type { Cluster, Host } from '../../cluster/model.js'
import type { UnitsAtRelease } from '../../operations/steps.js'
import { operationOfRun } from '../../operations/workflow-id.js'
import { isQuorateError, type ErrorCode } from '../../errors/index.js'
import { stopUnit, type Session, type SessionPool } from '../../ssh/index.js'
import { holdingPool, releaseLock, unitsOf, type LockSeeker } from '../../hosts/lock/lock.js'
import type { AwayContext, HostContext } from '../../hosts/context.js'
import { onAwayHost, onHost, operationId, STANDALONE, withHeartbeat } from './frame.js'

/** What the activities need from the worker. */
export interface ActivityDependencies {
  readonly sessions: SessionPool
  /** The server whose workflows call the activities; only tests run without one. */
  readonly server?: TemporalServer
}

/** A Temporal server, as the locks on hosts know it. */
export interface TemporalServer {
  /** Id of the namespace: a UUID, so that no two servers share one. */
  readonly namespaceId: string
  /** Who started a run of a workflow, such as `alice@laptop`. */
  readonly startedBy: (run: WorkflowRun) => Promise<string>
  /** Id of the first run in the chain of runs to which the current activity belongs, if its ticket says so. */
  readonly firstRun?: () => string | undefined
}

interface WorkflowRun {
  readonly workflowId: string
  readonly runId: string
}

const NO_SERVER: TemporalServer = {
  namespaceId: STANDALONE,
  startedBy: () => Promise.resolve(STANDALONE),
}

/**
 * Like {@link onHost}, but every session, to this host or to any other that the step asks for, runs commands as root
 * only while the operation holds that host.
 */
export async function onOwnHost<Result>(
  { sessions, server = NO_SERVER }: ActivityDependencies,
  cluster: Cluster,
  host: Host,
  act: (context: HostContext) => Promise<Result>,
): Promise<Result> {
  const holder = await lockHolder(server)
  return onHost(holdingPool(sessions, cluster, holder), cluster, host, act)
}

/** Like {@link onOwnHost}, for a step whose host may be away: it asks for the session itself. */
export async function onOwnAwayHost<Result>(
  { sessions, server = NO_SERVER }: ActivityDependencies,
  cluster: Cluster,
  host: Host,
  act: (away: AwayContext) => Promise<Result>,
): Promise<Result> {
  const holder = await lockHolder(server)
  return onAwayHost(holdingPool(sessions, cluster, holder), cluster, host, act)
}

/** After these errors it is unknown whether the host was released; another attempt may well find out. */
const WORTH_ANOTHER_ATTEMPT: readonly ErrorCode[] = ['SSH_CONNECTION_LOST', 'SSH_TIMEOUT']

/**
 * Releases a host if the operation holds it. A host that cannot be reached stays locked, and only the worker's log says
 * so; the cluster's next operation takes it over.
 */
export async function releaseHost(
  dependencies: ActivityDependencies,
  host: Host,
  units: UnitsAtRelease,
): Promise<void> {
  const { sessions, server = NO_SERVER } = dependencies
  const holder = await lockHolder(server)
  const { info, log } = Context.current()
  await withHeartbeat(host.name, async (signal) => {
    try {
      const session = await sessions.session(host, signal)
      // Steps stop their own units, unless their worker was dead when they were cancelled.
      if (units === 'stop') await stopUnits(session, holder.operation)
      await releaseLock(session, holder)
    } catch (error) {
      const isFinal =
        isQuorateError(error) && (info.attempt > 1 || !WORTH_ANOTHER_ATTEMPT.includes(error.code))
      if (!isFinal) throw error
      log.warn('a host stays locked', { host: host.name, code: error.code, reason: error.message })
    }
  })
}

async function stopUnits(session: Session, operation: string): Promise<void> {
  const names = (await unitsOf(session, operation)).map((unit) =>
    unit.slice(`quorate-${operation}-`.length).replace(/-\d+$/, ''),
  )
  await Promise.all(names.map((name) => stopUnit(session, { operation, name })))
}

/** Who asks for hosts: the run of the workflow that called this activity. */
async function lockHolder(server: TemporalServer): Promise<LockSeeker> {
  const run = Context.current().info.workflowExecution
  const first = server.firstRun?.()
  return {
    owner: `${server.namespaceId}/${run?.workflowId ?? STANDALONE}`,
    operation: operationId(),
    ...(first === undefined ? {} : { began: operationOfRun(first) }),
    startedBy: run === undefined ? STANDALONE : await server.startedBy(run),
  }
}
