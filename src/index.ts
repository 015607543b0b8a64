/** Quorate as a library: docs/api.md has a whole program. Nothing else of the package is meant for others. */
export { connect } from './client.js'
export type { ConnectOptions, Purpose, Quorate, TemporalOptions } from './client.js'
export { readClusterFile, type ReadOptions } from './cluster-file/read.js'
export type { ClusterFileProblem } from './cluster-file/problem.js'
export type { Cluster, Host, HostRole } from './cluster/model.js'

export type { ScheduleKind } from './cluster/schedules.js'
export type { TestedNotification } from './client/notifications/test.js'
export type { ScheduleState } from './client/schedules/list.js'
export type { ScheduleChange, ScheduleOrder } from './client/schedules/sync.js'
export type { Operation, OperationSummary } from './client/operation.js'
export type { RunReference } from './client/run-reference.js'
export type { OperationSnapshot, Reach } from './client/snapshot.js'
export type { RunningStep } from './client/running-steps.js'
export type { LastKnown } from './client/last-known.js'
export type { PollingWorker } from './client/workers.js'
export type { TaskFailure } from './client/workflow-task.js'
export type { WatchOptions } from './client/watch.js'

export type { OperationInput, StartOptions } from './operations/input.js'
export type { Decision, DecisionTaken } from './operations/messages.js'
export type {
  HostProgress,
  OperationProgress,
  OperationState,
  PhaseProgress,
  StepState,
} from './operations/progress.js'
export type { OperationKind, Results } from './operations/registry.js'
export type { ApplyResult, NodeSummary, PlannedChange, PlanResult } from './operations/results.js'
export type { BlockedStep, SkippedStep } from './operations/steps.js'
export type { PreflightFinding } from './preflight/finding.js'

export { isQuorateError, QuorateError } from './errors/index.js'
export type { ErrorCode, ErrorContext, ErrorReport } from './errors/index.js'
