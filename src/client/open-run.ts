/** The open run that holds a cluster, asked for in passing: nothing is started for it. */
import type { TemporalOptions } from '../temporal/settings.js'
import { openApply } from './latest-applies.js'
import type { RunReference } from './run-reference.js'
import { Server } from './server.js'

/** Undefined if no run is open, or if the embedded engine does not run. */
export async function openRun(
  options: TemporalOptions,
  clusterName: string,
): Promise<RunReference | undefined> {
  const server = await Server.connectIfRunning(options)
  if (server === undefined) return undefined
  try {
    return await openApply(server, clusterName)
  } finally {
    await server.close()
  }
}
