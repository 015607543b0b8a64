/**
 * The client: starts operations, follows them, decides on what they wait for. The command line is a shell around it,
 * and src/index.ts offers it to other programs.
 */
import type { Cluster } from './cluster/model.js'
import type { ScheduleKind } from './cluster/schedules.js'
import { historyOf, runBeginningWith, type PastOperation } from './client/history.js'
import { latestApplies, latestApply, openApply } from './client/latest-applies.js'
import type { Operation, OperationSummary } from './client/operation.js'
import { operationHandle } from './client/operation-handle.js'
import { renderKubeconfig } from './client/kubeconfig/check.js'
import { testNotifications, type TestedNotification } from './client/notifications/test.js'
import { fetchAdminAccess } from './client/over-ssh.js'
import { listSchedules, type ScheduleState } from './client/schedules/list.js'
import {
  orderSchedule,
  pendingScheduleChanges,
  syncSchedules,
  type ScheduleChange,
  type ScheduleOrder,
} from './client/schedules/sync.js'
import { Server, type Purpose } from './client/server.js'
import { startOperation } from './client/start.js'
import { QuorateError } from './errors/index.js'
import type { StartOptions } from './operations/input.js'
import type { OperationKind } from './operations/registry.js'
import type { TemporalOptions } from './temporal/settings.js'

export type { Purpose } from './client/server.js'
export type { TemporalOptions } from './temporal/settings.js'

/** Which server to connect to, and for what. */
export interface ConnectOptions extends TemporalOptions {
  /** What the client is for; `start` unless given, which allows everything. */
  readonly purpose?: Purpose
}

/** A client that is connected. Close it after use, or it keeps the process alive. */
export interface Quorate {
  /** `host:port` of the Temporal server. */
  readonly address: string
  readonly namespace: string
  /**
   * Starts an operation on a cluster. An `apply` holds the cluster until it ends. A `plan` changes nothing, and may run
   * alongside anything.
   * @throws QuorateError `OPERATION_RUNNING` when an operation holds the cluster.
   */
  start<Kind extends OperationKind>(
    kind: Kind,
    cluster: Cluster,
    options?: StartOptions<Kind>,
  ): Promise<Operation<Kind>>
  /**
   * The latest apply of a cluster, or the operation whose run ID begins with `run`.
   * @throws QuorateError `OPERATION_NOT_FOUND`
   */
  operation(clusterName: string, run?: string): Promise<Operation>
  /** The newest operations on a cluster, the newest first; at most `limit`. */
  history(clusterName: string, limit: number): Promise<readonly PastOperation[]>
  /** Whether an apply of the cluster is open. */
  isRunning(clusterName: string): Promise<boolean>
  /** The latest apply of each cluster, newest first. */
  list(): Promise<readonly OperationSummary[]>
  /**
   * Open applies that continue because this client started the embedded engine. Before that, nothing worked on them.
   */
  woken(): Promise<readonly OperationSummary[]>
  /** The schedules of a cluster that the server has, and what became of the last time of each. */
  schedules(clusterName: string): Promise<readonly ScheduleState[]>
  /**
   * Makes the schedules of a cluster those of its file; `clusterFile` is the file's text, which snapshots keep. An
   * operation that is running goes on.
   */
  syncSchedules(cluster: Cluster, clusterFile: string): Promise<readonly ScheduleChange[]>
  /** What `syncSchedules` would change. */
  pendingScheduleChanges(cluster: Cluster, clusterFile: string): Promise<readonly ScheduleChange[]>
  /**
   * Pauses a schedule, lets it come due again, or starts its operation now.
   * @throws QuorateError `SCHEDULE_UNKNOWN`
   */
  orderSchedule(clusterName: string, kind: ScheduleKind, order: ScheduleOrder): Promise<void>
  /** Sends a test event to each destination in the cluster's file, once, from where the worker runs. */
  testNotifications(cluster: Cluster): Promise<readonly TestedNotification[]>
  /**
   * The administrator's kubeconfig, read over SSH by this process from a control plane. It is a secret. Cluster and
   * context have the name of the cluster.
   * @throws QuorateError of the SSH_ family; `API_UNREACHABLE` when no control plane has one yet; `KUBECONFIG_UNUSABLE`
   *   for one that would make kubectl run programs or read files.
   */
  kubeconfig(cluster: Cluster): Promise<string>
  close(): Promise<void>
}

/**
 * Connects to the Temporal server that the options name, else the variables and profiles of the Temporal CLI
 * (`TEMPORAL_ADDRESS`, `temporal.toml`). If none of them names one, it connects to the embedded engine of this machine,
 * which it starts if needed.
 * @throws QuorateError `TEMPORAL_UNREACHABLE`, `TEMPORAL_CLI_MISSING`, `TEMPORAL_CLI_OUTDATED`, `SEAL_KEY_MISSING`,
 *   `SEAL_KEY_UNUSABLE`, `USAGE` for settings that cannot be used, `OPERATION_NOT_FOUND` for a client that only looks or
 *   decides where no engine ever ran, or one of the `ENGINE_` family.
 */
export async function connect({ purpose = 'start', ...options }: ConnectOptions = {}): Promise<Quorate> {
  const server = await Server.connect(options, purpose)
  return {
    get address() {
      return server.address
    },
    get namespace() {
      return server.namespace
    },
    start: async (kind, cluster, options) => {
      const run = await server.call(() => startOperation(server.temporal, kind, cluster, options))
      return operationHandle(server, run, cluster.name)
    },
    operation: async (clusterName, run) => {
      if (run !== undefined) {
        return operationHandle(server, await runBeginningWith(server, clusterName, run), clusterName)
      }
      const latest = await latestApply(server, clusterName)
      if (latest === undefined) throw noOperation(clusterName)
      const { workflowId, runId } = latest
      return operationHandle(server, { workflowId, runId }, clusterName)
    },
    history: (clusterName, limit) => historyOf(server, clusterName, limit),
    isRunning: async (clusterName) => (await openApply(server, clusterName)) !== undefined,
    list: () => latestApplies(server),
    woken: async () =>
      server.wasIdle ? (await latestApplies(server)).filter(({ status }) => status === 'RUNNING') : [],
    schedules: (clusterName) => server.call(() => listSchedules(server.temporal, clusterName)),
    syncSchedules: (cluster, clusterFile) =>
      server.call(() => syncSchedules(server.temporal, cluster, clusterFile)),
    pendingScheduleChanges: (cluster, clusterFile) =>
      server.call(() => pendingScheduleChanges(server.temporal, cluster, clusterFile)),
    orderSchedule: (clusterName, kind, order) =>
      server.call(() => orderSchedule(server.temporal, clusterName, kind, order)),
    testNotifications: (cluster) => server.callWorker(() => testNotifications(server.temporal, cluster)),
    kubeconfig: async (cluster) => renderKubeconfig(await fetchAdminAccess(cluster), cluster.name),
    close: () => server.close(),
  }
}

function noOperation(clusterName: string): QuorateError {
  return new QuorateError('OPERATION_NOT_FOUND', `there is no operation on a cluster ${clusterName}`)
}
