/** Reading back what a run was started with. */
import { defaultPayloadConverter, type Client } from '@temporalio/client'
import type { OperationInput } from '../cluster/operation.js'
import { QuorateError } from '../errors/index.js'
import type { RunReference } from './snapshot.js'

/** The input of a run, from the first event of its history. */
export async function readInput(
  client: Client,
  { workflowId, runId }: RunReference,
): Promise<OperationInput> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  })
  const [started] = history?.events ?? []
  const [payload] = started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? []
  if (payload === undefined)
    throw new QuorateError('INTERNAL', `the run ${runId} of ${workflowId} has no input`)
  return defaultPayloadConverter.fromPayload<OperationInput>(payload)
}
