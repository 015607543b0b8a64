/**
 * The programmatic API, of which the command line is a shell: start operations, follow them, talk to them. Connects
 * to the Temporal server that options and environment name, or to the embedded engine, which it starts if needed.
 */
import { WorkflowNotFoundError } from '@temporalio/client'
import type { Cluster } from './cluster/model.js'
import {
  MESSAGES,
  operationWorkflowId,
  WORKFLOWS,
  type ApplyResult,
  type OperationInput,
  type OperationKind,
  type PlanResult,
} from './cluster/operation.js'
import { QuorateError } from './errors/index.js'
import { connect, type TemporalConnection } from './temporal/connection.js'
import { engineStatus, ensureEngine } from './temporal/engine/engine.js'
import { readInput } from './temporal/input.js'
import { callServer } from './temporal/service-error.js'
import { plainSettings, serverSettings, type TemporalOptions } from './temporal/settings.js'
import { isClosed, observe, type OperationSnapshot, type RunReference } from './temporal/snapshot.js'
import { startOperation } from './temporal/start.js'
import { runAddress, uiAddressOf } from './temporal/ui-address.js'
import { watch, type WatchOptions } from './temporal/watch.js'

export type { Cluster } from './cluster/model.js'
export type { ApplyResult, OperationProgress, PlanResult } from './cluster/operation.js'
export { QuorateError, isQuorateError, type ErrorReport } from './errors/index.js'
export type { TemporalOptions } from './temporal/settings.js'
export type { RunningStep } from './temporal/running-steps.js'
export type { OperationSnapshot } from './temporal/snapshot.js'

export interface ClientOptions extends TemporalOptions {
  /**
   * Whether operations will be started. The embedded engine's worker then gets this process's SSH agent and
   * code; a client that only looks leaves it alone.
   */
  readonly startsOperations?: boolean
}

/** One run of an operation. */
export interface Operation<Result extends ApplyResult | PlanResult = ApplyResult> extends RunReference {
  readonly cluster: string
  /** URL of the run in the Temporal UI, where one is known. */
  readonly uiAddress?: string
  /** What is known now. */
  describe(): Promise<OperationSnapshot>
  /** Snapshots until the operation has ended, through restarts of server and workers. */
  watch(options?: WatchOptions): AsyncGenerator<OperationSnapshot, void>
  /**
   * Waits for the end.
   * @throws QuorateError with the code and details of what the operation failed with.
   */
  result(): Promise<Result>
  /** What the run was started with. */
  input(): Promise<OperationInput>
  /** Vouches for the load balancer, so that its test is not waited for any longer. */
  signalLoadBalancerReady(): Promise<void>
  /** Asks the operation to stop; what runs on hosts is ended in order. */
  cancel(): Promise<void>
}

/** An operation in a list. */
export interface OperationSummary {
  readonly cluster: string
  readonly kind: OperationKind
  readonly runId: string
  /** Temporal's word, e.g. `RUNNING`, `COMPLETED`, `FAILED`. */
  readonly status: string
  readonly startedAt: Date
  readonly closedAt?: Date
}

export interface QuorateClient {
  readonly address: string
  readonly namespace: string
  /**
   * Starts an apply.
   * @throws QuorateError `OPERATION_RUNNING` when the cluster has an operation already.
   */
  apply(cluster: Cluster): Promise<Operation>
  /** Starts a plan, which changes nothing. */
  plan(cluster: Cluster): Promise<Operation<PlanResult>>
  /**
   * The latest apply of a cluster.
   * @throws QuorateError `OPERATION_NOT_FOUND`
   */
  operation(clusterName: string): Promise<Operation>
  /** The latest apply of each cluster, the newest first. */
  list(): Promise<readonly OperationSummary[]>
  close(): Promise<void>
}

/**
 * Connects.
 * @throws QuorateError `TEMPORAL_UNREACHABLE`, `TEMPORAL_CLI_MISSING`, `ENGINE_FAILED`, `USAGE`.
 */
export async function createClient(options: ClientOptions = {}): Promise<QuorateClient> {
  const settings = serverSettings(options)
  const embedded = settings === undefined
  const handOver = options.startsOperations ?? true
  if (embedded && !handOver && !engineStatus().exists) throw nothingKnown()
  const engine = embedded ? await ensureEngine({ handOver }) : undefined
  const server = settings ?? plainSettings(engine?.address ?? '')
  const uiAddress = engine?.uiAddress ?? (await uiAddressOf(server))
  return new Client(await connect(server), uiAddress, embedded)
}

/**
 * The administrator's kubeconfig of a cluster. Read over SSH by this process, without Temporal: it is a secret.
 * @throws QuorateError of the SSH_ family, or `API_UNREACHABLE` when no control plane has one yet.
 */
export async function fetchKubeconfig(cluster: Cluster): Promise<string> {
  const [{ readKubeconfig }, { createSessionPool }] = await Promise.all([
    import('./activities/kubeconfig.js'),
    import('./ssh/index.js'),
  ])
  const sessions = createSessionPool()
  try {
    return await readKubeconfig(sessions, cluster)
  } finally {
    await sessions.close()
  }
}

class Client implements QuorateClient {
  private connection: TemporalConnection
  private uiAddress: string | undefined
  private readonly embedded: boolean

  constructor(connection: TemporalConnection, uiAddress: string | undefined, embedded: boolean) {
    this.connection = connection
    this.uiAddress = uiAddress
    this.embedded = embedded
  }

  get address(): string {
    return this.connection.settings.address
  }

  get namespace(): string {
    return this.connection.settings.namespace
  }

  async apply(cluster: Cluster): Promise<Operation> {
    return this.operationOf(
      await this.call(() => startOperation(this.temporal, 'apply', cluster)),
      cluster.name,
    )
  }

  async plan(cluster: Cluster): Promise<Operation<PlanResult>> {
    return this.operationOf(
      await this.call(() => startOperation(this.temporal, 'plan', cluster)),
      cluster.name,
    )
  }

  async operation(clusterName: string): Promise<Operation> {
    const workflowId = operationWorkflowId(clusterName)
    try {
      const { runId } = await this.call(() => this.temporal.workflow.getHandle(workflowId).describe())
      return this.operationOf({ workflowId, runId }, clusterName)
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error
      throw new QuorateError('OPERATION_NOT_FOUND', `there is no operation on a cluster ${clusterName}`)
    }
  }

  async list(): Promise<readonly OperationSummary[]> {
    const latest = new Map<string, OperationSummary>()
    await this.call(async () => {
      const runs = this.temporal.workflow.list({ query: `WorkflowType = '${WORKFLOWS.apply}'` })
      for await (const { workflowId, runId, status, startTime, closeTime } of runs) {
        const known = latest.get(workflowId)
        if (known !== undefined && known.startedAt >= startTime) continue
        const cluster = workflowId.split('/')[1] ?? workflowId
        const closed = closeTime === undefined ? {} : { closedAt: closeTime }
        latest.set(workflowId, {
          cluster,
          kind: 'apply',
          runId,
          status: status.name,
          startedAt: startTime,
          ...closed,
        })
      }
    })
    return [...latest.values()].sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
  }

  close(): Promise<void> {
    return this.connection.close()
  }

  private get temporal() {
    return this.connection.client
  }

  private call<Result>(act: () => Promise<Result>): Promise<Result> {
    return callServer(this.address, act)
  }

  private operationOf<Result extends ApplyResult | PlanResult>(
    run: RunReference,
    cluster: string,
  ): Operation<Result> {
    const handle = () => this.temporal.workflow.getHandle(run.workflowId, run.runId)
    const follow = (options?: WatchOptions) =>
      watch(
        { client: () => this.temporal, ...(this.embedded ? { revive: () => this.revive() } : {}) },
        run,
        options,
      )
    return {
      ...run,
      cluster,
      ...(this.uiAddress === undefined ? {} : { uiAddress: runAddress(this.uiAddress, this.namespace, run) }),
      describe: () => this.call(() => observe(this.temporal, run)),
      watch: follow,
      result: () => endOf<Result>(follow()),
      input: () => this.call(() => readInput(this.temporal, run)),
      signalLoadBalancerReady: () => this.call(() => handle().signal(MESSAGES.loadBalancerReady)),
      cancel: async () => {
        await this.call(() => handle().cancel())
      },
    }
  }

  /** Starts what died of the engine; it may come back on another port. An engine stopped on purpose stays so. */
  private async revive(): Promise<void> {
    try {
      const engine = await ensureEngine({ handOver: false, respectStop: true })
      if (engine.address === this.address) return
      const previous = this.connection
      this.connection = await connect(plainSettings(engine.address))
      this.uiAddress = engine.uiAddress
      await previous.close()
    } catch {
      // The watcher goes on saying what is missing, and asks again.
    }
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
