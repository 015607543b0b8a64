/**
 * The programmatic API: start operations, follow them, send them messages. The command line is a shell around it. It
 * connects to the Temporal server that options and environment name, or to the embedded engine, which it starts if
 * needed.
 */
import {
  WorkflowNotFoundError,
  type Client as TemporalClient,
  type WorkflowExecutionDescription,
} from '@temporalio/client'
import type { Cluster } from './cluster/model.js'
import type { StartOptions } from './operations/input.js'
import { kindOfWorkflow, type OperationKind, type Results } from './operations/registry.js'
import { clusterOfWorkflow, HOLDS_CLUSTER, operationWorkflowId } from './operations/workflow-id.js'
import { QuorateError } from './errors/index.js'
import { connect, type TemporalConnection } from './temporal/connection.js'
import { askProgress, requestCancel, sendDecision, sendSignal, terminate } from './client/messages.js'
import {
  engineSeal,
  engineStatus,
  ensureEngine,
  type EnsureEngineOptions,
  type HandOver,
} from './engine/engine.js'
import { readInput } from './client/input.js'
import { readLastKnown } from './client/last-known.js'
import type { Operation, OperationSummary } from './client/operation.js'
import { callServer, outlastBusy } from './temporal/service-error.js'
import { plainSettings, serverSettings, type TemporalOptions } from './temporal/settings.js'
import type { RunReference } from './client/run-reference.js'
import { isClosed, observe, type OperationSnapshot } from './client/snapshot.js'
import { startOperation } from './client/start.js'
import { runAddress, uiAddressOf } from './client/ui-address.js'
import { watch, type WatchOptions } from './client/watch.js'

export { fetchKubeconfig, withHostLocks } from './client/over-ssh.js'
export type { HostLocks, LockedHost, LocksBroken, LocksFound } from './hosts/lock/inspect.js'
export type { Cluster } from './cluster/model.js'
export type { Decision, DecisionTaken, SignalName } from './operations/messages.js'
export type { OperationProgress } from './operations/progress.js'
export type { ApplyResult, PlanResult } from './operations/results.js'
export type { BlockedStep, SkippedStep } from './operations/steps.js'
export { QuorateError, isQuorateError, type ErrorReport } from './errors/index.js'
export type { TemporalOptions } from './temporal/settings.js'
export type { RunningStep } from './client/running-steps.js'
export type { Operation, OperationSummary } from './client/operation.js'
export type { OperationSnapshot, Reach } from './client/snapshot.js'
export type { LastKnown } from './client/last-known.js'
export type { PollingWorker } from './client/workers.js'
export type { TaskFailure } from './client/workflow-task.js'

export interface ClientOptions extends TemporalOptions {
  /**
   * Whether operations will be started. If so, the embedded engine's worker gets this process's SSH agent and code. A
   * client that only looks leaves the worker alone.
   */
  readonly startsOperations?: boolean
  /**
   * Whether decisions will be sent. As with starting operations, the embedded engine's worker gets this process's SSH
   * agent and code, since either may have been the problem. But no engine is started if none ever ran.
   */
  readonly takesDecisions?: boolean
  /**
   * Whether only plans will be started. While an open operation may need its SSH agent, the embedded engine's worker
   * then keeps it.
   */
  readonly onlyPlans?: boolean
}

export interface QuorateClient {
  readonly address: string
  readonly namespace: string
  /**
   * Starts an apply.
   * @throws QuorateError `OPERATION_RUNNING` when the cluster already has an operation.
   */
  apply(cluster: Cluster, options?: StartOptions): Promise<Operation>
  /** Starts a plan, which changes nothing. */
  plan(cluster: Cluster): Promise<Operation<'plan'>>
  /**
   * The latest apply of a cluster.
   * @throws QuorateError `OPERATION_NOT_FOUND`
   */
  operation(clusterName: string): Promise<Operation>
  /** Whether an apply of the cluster is open. */
  isRunning(clusterName: string): Promise<boolean>
  /** The latest apply of each cluster, newest first. */
  list(): Promise<readonly OperationSummary[]>
  /**
   * Open applies that continue because this client started the embedded engine. Before that, nothing worked on them.
   */
  woken(): Promise<readonly OperationSummary[]>
  close(): Promise<void>
}

/**
 * Connects to the Temporal server, or to the embedded engine.
 * @throws QuorateError `TEMPORAL_UNREACHABLE`, `TEMPORAL_CLI_MISSING`, `TEMPORAL_CLI_OUTDATED`, `USAGE`, or one of the
 *   `ENGINE_` family.
 */
export async function createClient(options: ClientOptions = {}): Promise<QuorateClient> {
  const settings = serverSettings(options)
  const embedded = settings === undefined
  const starts = options.startsOperations ?? true
  if (embedded && !starts && !engineStatus().exists) throw nothingKnown()
  const engine = embedded ? await ensureEngine({ handOver: handOverOf(starts, options) }) : undefined
  const server = settings ?? plainSettings(engine?.address ?? '', engineSeal())
  // The embedded engine has no UI that runs all the time: `quorate ui` opens one.
  const uiAddress = embedded ? undefined : await uiAddressOf(server)
  return new Client(await connect(server), uiAddress, embedded, engine?.wasIdle === true)
}

function handOverOf(starts: boolean, { takesDecisions, onlyPlans }: ClientOptions): HandOver {
  if (takesDecisions === true || (starts && onlyPlans !== true)) return 'code and agent'
  return starts ? 'code and idle agent' : 'nothing'
}

class Client implements QuorateClient {
  private connection: TemporalConnection
  private readonly uiAddress: string | undefined
  private readonly embedded: boolean
  private readonly wokeEngine: boolean

  constructor(
    connection: TemporalConnection,
    uiAddress: string | undefined,
    embedded: boolean,
    wokeEngine: boolean,
  ) {
    this.connection = connection
    this.uiAddress = uiAddress
    this.embedded = embedded
    this.wokeEngine = wokeEngine
  }

  get address(): string {
    return this.connection.settings.address
  }

  get namespace(): string {
    return this.connection.settings.namespace
  }

  async apply(cluster: Cluster, options?: StartOptions): Promise<Operation> {
    return this.operationOf(
      await this.call(() => startOperation(this.temporal, 'apply', cluster, options)),
      cluster.name,
    )
  }

  async plan(cluster: Cluster): Promise<Operation<'plan'>> {
    return this.operationOf(
      await this.call(() => startOperation(this.temporal, 'plan', cluster)),
      cluster.name,
    )
  }

  async operation(clusterName: string): Promise<Operation> {
    const latest = await this.latest(clusterName)
    if (latest !== undefined) {
      const { workflowId, runId } = latest
      return this.operationOf({ workflowId, runId }, clusterName)
    }
    throw new QuorateError('OPERATION_NOT_FOUND', `there is no operation on a cluster ${clusterName}`)
  }

  async isRunning(clusterName: string): Promise<boolean> {
    return (await this.latest(clusterName))?.status.name === 'RUNNING'
  }

  async list(): Promise<readonly OperationSummary[]> {
    const latest = new Map<string, OperationSummary>()
    await this.call(async () => {
      const runs = this.temporal.workflow.list({ query: HOLDS_CLUSTER })
      for await (const { type, workflowId, runId, status, startTime, closeTime } of runs) {
        const known = latest.get(workflowId)
        if (known !== undefined && known.startedAt >= startTime) continue
        const cluster = clusterOfWorkflow(workflowId) ?? workflowId
        const closed = closeTime === undefined ? {} : { closedAt: closeTime }
        latest.set(workflowId, {
          cluster,
          kind: kindOfWorkflow(type) ?? 'apply',
          runId,
          status: status.name,
          startedAt: startTime,
          ...closed,
        })
      }
    })
    return [...latest.values()].sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
  }

  async woken(): Promise<readonly OperationSummary[]> {
    if (!this.wokeEngine) return []
    return (await this.list()).filter(({ status }) => status === 'RUNNING')
  }

  close(): Promise<void> {
    return this.connection.close()
  }

  /** The latest apply of a cluster as the server describes it; undefined if there is none. */
  private async latest(clusterName: string): Promise<WorkflowExecutionDescription | undefined> {
    const handle = this.temporal.workflow.getHandle(operationWorkflowId(clusterName))
    try {
      return await this.call(() => handle.describe())
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined
      throw error
    }
  }

  private get temporal() {
    return this.connection.client
  }

  private call<Result>(act: () => Promise<Result>): Promise<Result> {
    return callServer(this.address, act)
  }

  private operationOf<Kind extends OperationKind>(run: RunReference, cluster: string): Operation<Kind> {
    const temporal = (): TemporalClient => this.temporal
    const follow = (options?: WatchOptions) =>
      watch({ client: temporal, ...(this.embedded ? { revive: () => this.revive() } : {}) }, run, options)
    return {
      ...run,
      cluster,
      ...(this.uiAddress === undefined ? {} : { uiAddress: runAddress(this.uiAddress, this.namespace, run) }),
      describe: () => this.call(() => outlastBusy(() => observe(this.temporal, run))),
      watch: follow,
      result: () => endOf<Results[Kind]>(follow()),
      input: () => this.call(() => readInput(this.temporal, run)),
      progress: () => this.withWorker(() => askProgress(this.temporal, run)),
      decide: (decision) => this.withWorker(() => sendDecision(temporal, run, decision)),
      signal: (name) => this.withWorker(() => sendSignal(this.temporal, run, name)),
      cancel: () => this.call(() => requestCancel(this.temporal, run)),
      terminate: (reason) => this.call(() => terminate(this.temporal, run, reason)),
      lastKnown: () => this.call(() => readLastKnown(this.temporal, run)),
    }
  }

  /**
   * Restarts the parts of the engine that died; it may come back on another port. An engine stopped on purpose stays
   * stopped.
   */
  private async revive(): Promise<void> {
    try {
      await this.makeWhole({ handOver: 'nothing', respectStop: true })
    } catch {
      // The watcher keeps saying what is missing, and asks again.
    }
  }

  /** Makes a call that needs a worker. With the embedded engine, its missing parts are started first. */
  private async withWorker<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.embedded) await this.makeWhole({ handOver: 'nothing' })
    return this.call(act)
  }

  private async makeWhole(options: EnsureEngineOptions): Promise<void> {
    const engine = await ensureEngine(options)
    if (engine.address === this.address) return
    const previous = this.connection
    this.connection = await connect(plainSettings(engine.address, engineSeal()))
    await previous.close()
  }
}

async function endOf<Result>(snapshots: AsyncGenerator<OperationSnapshot, void>): Promise<Result> {
  for await (const snapshot of snapshots) {
    if (!isClosed(snapshot)) continue
    const { error, result } = snapshot
    if (error !== undefined) throw new QuorateError(error.code, error.message, error)
    return result as Result
  }
  throw new QuorateError('INTERNAL', 'the watch ended before the operation')
}

function nothingKnown(): QuorateError {
  return new QuorateError('OPERATION_NOT_FOUND', 'no operation has been started here yet', {
    hint: 'start one with `quorate apply`, or name the Temporal server that has it (--address, TEMPORAL_ADDRESS)',
  })
}
