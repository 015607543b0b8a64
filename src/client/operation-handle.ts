/** The handle of one run: each of its methods is a call to the server or a message to the run. */
import {
  MESSAGES,
  type AbortDecision,
  type ApplyResult,
  type PlanResult,
  type RetryDecision,
  type SkipDecision,
} from '../operations/contract.js'
import { QuorateError } from '../errors/index.js'
import { outlastBusy } from '../temporal/service-error.js'
import { readInput } from './input.js'
import { readLastKnown } from './last-known.js'
import {
  askProgress,
  requestCancel,
  sendDecision,
  sendSignal,
  terminate,
  type DecisionName,
  type SignalName,
} from './messages.js'
import type { Operation } from './operation.js'
import type { RunReference } from './run-reference.js'
import type { Server } from './server.js'
import { isClosed, observe, type OperationSnapshot } from './snapshot.js'
import { watch, type WatchOptions } from './watch.js'

/** The handle of a run on this server. */
export function operationHandle<Result extends ApplyResult | PlanResult>(
  server: Server,
  run: RunReference,
  cluster: string,
): Operation<Result> {
  const uiAddress = server.uiAddressOf(run)
  const temporal = () => server.temporal
  const follow = (options?: WatchOptions) =>
    watch({ client: temporal, revive: () => server.revive() }, run, options)
  const decide = (name: DecisionName, decision?: RetryDecision | SkipDecision | AbortDecision) =>
    server.callWorker(() => sendDecision(temporal, run, name, decision))
  const signal = (name: SignalName) => server.callWorker(() => sendSignal(server.temporal, run, name))
  return {
    ...run,
    cluster,
    ...(uiAddress === undefined ? {} : { uiAddress }),
    describe: () => server.call(() => outlastBusy(() => observe(server.temporal, run))),
    watch: follow,
    result: () => endOf<Result>(follow()),
    input: () => server.call(() => readInput(server.temporal, run)),
    progress: () => server.callWorker(() => askProgress(server.temporal, run)),
    retry: (step) => decide(MESSAGES.retryStep, step === undefined ? {} : { step }),
    skip: (step, reason) => decide(MESSAGES.skipStep, { step, reason }),
    abort: (reason) => decide(MESSAGES.abort, reason === undefined ? {} : { reason }),
    approve: () => decide(MESSAGES.approve),
    pause: () => signal(MESSAGES.pause),
    resume: () => signal(MESSAGES.resume),
    signalLoadBalancerReady: () => signal(MESSAGES.loadBalancerReady),
    cancel: () => server.call(() => requestCancel(server.temporal, run)),
    terminate: (reason) => server.call(() => terminate(server.temporal, run, reason)),
    lastKnown: () => server.call(() => readLastKnown(server.temporal, run)),
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
