/** The handle of one run: each of its methods is a call to the server or a message to the run. */
import type { OperationKind, Results } from '../operations/registry.js'
import { QuorateError } from '../errors/index.js'
import { outlastBusy } from '../temporal/service-error.js'
import { readInput } from './input.js'
import { readLastKnown } from './last-known.js'
import { askProgress, requestCancel, sendDecision, sendSignal, terminate } from './messages.js'
import type { Operation } from './operation.js'
import type { RunReference } from './run-reference.js'
import type { Server } from './server.js'
import { isClosed, observe, type OperationSnapshot } from './snapshot.js'
import { watch, type WatchOptions } from './watch.js'
import { defined } from '../values/defined.js'

/** The handle of a run on this server. The caller knows of which kind the run is. */
export function operationHandle<Kind extends OperationKind>(
  server: Server,
  run: RunReference,
  cluster: string,
): Operation<Kind> {
  const uiAddress = server.uiAddressOf(run)
  const temporal = () => server.temporal
  const follow = (options?: WatchOptions) =>
    watch({ client: temporal, revive: () => server.revive() }, run, options) as Snapshots<Kind>
  const look = () => server.call(() => outlastBusy(() => observe(server.temporal, run)))
  return {
    ...run,
    cluster,
    ...defined({ uiAddress }),
    describe: async () => (await look()) as OperationSnapshot<Kind>,
    watch: follow,
    result: () => endOf(follow()),
    input: () => server.call(() => readInput(server.temporal, run)),
    progress: () => server.callWorker(() => askProgress(server.temporal, run)),
    decide: (decision) => server.callWorker(() => sendDecision(temporal, run, decision)),
    signal: (name) => server.callWorker(() => sendSignal(server.temporal, run, name)),
    cancel: () => server.call(() => requestCancel(server.temporal, run)),
    terminate: (reason) => server.call(() => terminate(server.temporal, run, reason)),
    lastKnown: () => server.call(() => readLastKnown(server.temporal, run)),
  }
}

type Snapshots<Kind extends OperationKind> = AsyncGenerator<OperationSnapshot<Kind>, void>

async function endOf<Kind extends OperationKind>(snapshots: Snapshots<Kind>): Promise<Results[Kind]> {
  for await (const snapshot of snapshots) {
    if (!isClosed(snapshot)) continue
    const { error, result } = snapshot
    if (error !== undefined) throw new QuorateError(error.code, error.message, error)
    if (result !== undefined) return result
  }
  throw new QuorateError('INTERNAL', 'the watch ended before the operation')
}
