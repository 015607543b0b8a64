/** The connection of `quorate ui` to the Temporal server, and what its pages show first. */
import { connect, type TemporalConnection } from '../temporal/connection.js'
import { engineSeal, ensureEngine } from '../engine/engine.js'
import { plainSettings, serverSettings } from '../temporal/settings.js'
import { runPath, runsPath } from '../client/ui-address.js'
import type { Context } from './context.js'
import { withOperation } from './open-operation.js'

/** A connection, and a path of the UI. */
export interface UiConnection {
  readonly connection: TemporalConnection
  readonly path: string
}

/**
 * Connects to the server that is configured, or to the embedded engine, which is started if needed.
 * @throws QuorateError `OPERATION_NOT_FOUND` for a cluster without an operation, and what connecting throws.
 */
export async function connectForUi(context: Context, cluster: string | undefined): Promise<UiConnection> {
  const run =
    cluster === undefined
      ? undefined
      : await withOperation(context, cluster, 'look', ({ workflowId, runId }) =>
          Promise.resolve({ workflowId, runId }),
        )
  const settings =
    serverSettings(context.temporal) ??
    plainSettings((await ensureEngine({ handOver: 'nothing' })).address, engineSeal())
  const connection = await connect(settings)
  const { namespace } = settings
  return { connection, path: run === undefined ? runsPath(namespace) : runPath(namespace, run) }
}
