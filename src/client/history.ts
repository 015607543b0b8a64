/** The operations that held a cluster, as far back as the server keeps them. */
import { isDnsLabel } from '../cluster/names.js'
import { QuorateError } from '../errors/index.js'
import { kindOfWorkflow } from '../operations/registry.js'
import { operationWorkflowId } from '../operations/workflow-id.js'
import { defined } from '../values/defined.js'
import { plainLine } from '../values/plain-text.js'
import type { OperationSummary } from './operation.js'
import type { RunReference } from './run-reference.js'
import type { Server } from './server.js'

/** An operation of the past, or the one that runs. */
export interface PastOperation extends OperationSummary {
  /** Who started it, e.g. `alice@laptop`. */
  readonly startedBy?: string
}

/** The newest operations on a cluster, the newest first; none for a cluster that the server does not know. */
export async function historyOf(
  server: Server,
  cluster: string,
  limit: number,
): Promise<readonly PastOperation[]> {
  const found: PastOperation[] = []
  if (!isDnsLabel(cluster)) return found
  await server.call(async () => {
    found.length = 0
    const query = `WorkflowId = '${operationWorkflowId(cluster)}'`
    for await (const run of server.temporal.workflow.list({ query })) {
      const startedBy = run.memo?.['startedBy']
      found.push({
        cluster,
        kind: kindOfWorkflow(run.type) ?? 'apply',
        runId: run.runId,
        status: run.status.name,
        startedAt: run.startTime,
        ...defined({
          closedAt: run.closeTime,
          startedBy: typeof startedBy === 'string' ? startedBy : undefined,
        }),
      })
      if (found.length === limit) break
    }
  })
  return found.sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
}

/** So many operations are looked through for one whose beginning is given. */
const SEARCHED = 1000

/**
 * The operation whose run ID begins like this, e.g. as hosts and `quorate history` show it.
 * @throws QuorateError `OPERATION_NOT_FOUND` if there is none, `USAGE` if there are several.
 */
export async function runBeginningWith(
  server: Server,
  cluster: string,
  start: string,
): Promise<RunReference> {
  const all = await historyOf(server, cluster, SEARCHED)
  const [run, ...others] = all.filter(({ runId }) => runId.startsWith(start))
  const what = `run of ${plainLine(cluster)} whose ID begins with ${plainLine(start)}`
  if (others.length > 0) throw new QuorateError('USAGE', `there is more than one ${what}`)
  if (run === undefined) {
    throw new QuorateError('OPERATION_NOT_FOUND', `there is no ${what}`, {
      hint: `\`quorate history ${plainLine(cluster)}\` lists the runs that the server still has`,
    })
  }
  return { workflowId: operationWorkflowId(cluster), runId: run.runId }
}
