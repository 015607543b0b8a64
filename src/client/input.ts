/** Reading back what a run was started with. */
import type { Client } from '@temporalio/client'
import type { OperationInput } from '../operations/input.js'
import { QuorateError } from '../errors/index.js'
import { clientCodec, decodePayloads, expectSealed } from '../temporal/seal/payloads.js'
import type { RunReference } from './run-reference.js'

/**
 * The input of a run, from the first event of its history.
 * @throws QuorateError `UNSEALED`, `SEAL_KEY_WRONG`
 */
export async function readInput(
  client: Client,
  { workflowId, runId }: RunReference,
): Promise<OperationInput> {
  const { namespace } = client.options
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  })
  const [started] = history?.events ?? []
  const payloads = started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? []
  const context = { type: 'workflow', namespace, workflowId } as const
  const [input] = await decodePayloads(clientCodec(client), payloads, context)
  if (input === undefined)
    throw new QuorateError('INTERNAL', `the run ${runId} of ${workflowId} has no input`)
  return expectSealed(input, `the input of ${workflowId}`) as OperationInput
}
