/** What identifies a Temporal server, and who started which run there: for the locks on hosts. */
import type { PayloadCodec } from '@temporalio/common'
import type { NativeConnection } from '@temporalio/worker'
import { workerIdentity } from './installation.js'
import { decodePayloads } from './seal/payloads.js'

/** Who started a run is only for people to read, so nothing waits longer than this for it. */
const STARTER_TIMEOUT_MS = 2_000

/** A namespace of a server. */
export interface ServerIdentity {
  /** A UUID that the server made when the namespace was registered: no two servers share one. */
  readonly namespaceId: string
  /** Who started a run, such as `alice@laptop`; this worker's name if that cannot be determined. */
  startedBy(run: { readonly workflowId: string; readonly runId: string }): Promise<string>
}

/**
 * Asks the server who it is.
 * @throws the service's error when it does not answer, or has no such namespace.
 */
export async function identifyServer(
  connection: NativeConnection,
  namespace: string,
  codec?: PayloadCodec,
): Promise<ServerIdentity> {
  const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace })
  const namespaceId = namespaceInfo?.id ?? ''
  if (namespaceId === '') throw new Error(`the server gives no id for the namespace ${namespace}`)
  // A cluster has one run at a time, and all its activities ask the same.
  const known = new Map<string, { readonly runId: string; readonly startedBy: string }>()
  return {
    namespaceId,
    startedBy: async ({ workflowId, runId }) => {
      const last = known.get(workflowId)
      if (last?.runId === runId) return last.startedBy
      const startedBy = await readStarter(connection, namespace, codec, { workflowId, runId })
      if (startedBy === undefined) return workerIdentity()
      known.set(workflowId, { runId, startedBy })
      return startedBy
    },
  }
}

async function readStarter(
  connection: NativeConnection,
  namespace: string,
  codec: PayloadCodec | undefined,
  execution: { readonly workflowId: string; readonly runId: string },
): Promise<string | undefined> {
  try {
    const { workflowExecutionInfo } = await connection.withDeadline(Date.now() + STARTER_TIMEOUT_MS, () =>
      connection.workflowService.describeWorkflowExecution({ namespace, execution }),
    )
    const payload = workflowExecutionInfo?.memo?.fields?.['startedBy']
    const { workflowId } = execution
    const [starter] = await decodePayloads(codec, [payload], { type: 'workflow', namespace, workflowId })
    return typeof starter === 'string' ? starter : undefined
  } catch {
    return undefined
  }
}
