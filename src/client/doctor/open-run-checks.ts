/** Checks of open runs: whether each has a worker that can continue it. */
import { HOLDS_CLUSTER } from '../../operations/workflow-id.js'
import { count } from '../../values/words.js'
import { isQuorateError } from '../../errors/index.js'
import type { TemporalConnection } from '../../temporal/connection.js'
import { callServer } from '../../temporal/service-error.js'
import { observe, type OperationSnapshot } from '../snapshot.js'
import { needsOtherWorker, whyStuck } from '../stuck.js'
import { fail, ok, warn, type Check } from './check.js'

const OPEN_RUNS = `${HOLDS_CLUSTER} AND ExecutionStatus = 'Running'`
/** Every run is queried; if there are more, only the newest. */
const MAX_RUNS = 20

/** One check for every open run that does not go on, or a single one if all do. */
export async function checkRuns(connection: TemporalConnection): Promise<readonly Check[]> {
  const { client, settings } = connection
  try {
    const runs = await callServer(settings.address, () => openRuns(connection))
    const checks = (await Promise.all(runs.map((run) => observe(client, run)))).flatMap(checkRun)
    if (checks.length > 0) return checks
    return [ok('open runs', runs.length === 0 ? 'none' : `${count(runs.length, 'run')}, each has a worker`)]
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const hint = isQuorateError(error) ? error.hint : 'run `quorate doctor --verbose` to see more'
    return [fail('open runs', message, hint)]
  }
}

async function openRuns({ client }: TemporalConnection) {
  const { executions } = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    query: OPEN_RUNS,
    pageSize: MAX_RUNS,
  })
  return executions.flatMap(({ execution }) => {
    const { workflowId, runId } = execution ?? {}
    return workflowId == null || runId == null ? [] : [{ workflowId, runId }]
  })
}

function checkRun(snapshot: OperationSnapshot): readonly Check[] {
  const stuck = whyStuck(snapshot)
  if (stuck === undefined) return []
  const judge = needsOtherWorker(snapshot) === undefined ? warn : fail
  return [judge('open runs', `${snapshot.kind} of ${snapshot.cluster}: ${stuck.message}`, stuck.hint)]
}
