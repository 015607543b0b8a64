/** The client's side of sealing: its codec, and the tickets of what it sends. */
import { randomUUID } from 'node:crypto'
import type { ClientOptions, WorkflowClientInterceptor, WorkflowService } from '@temporalio/client'
import type { MessageTicket, StartTicket } from '../../operations/tickets.js'
import { SealCodec } from './codec.js'
import type { SealKeys } from './keys.js'

/** Options for an SDK client that seals; empty when there are no keys. */
export function sealedClientOptions(
  keys: SealKeys | undefined,
  service: WorkflowService,
  namespace: string,
): Pick<ClientOptions, 'dataConverter' | 'interceptors'> {
  if (keys === undefined) return {}
  return {
    dataConverter: { payloadCodecs: [new SealCodec(keys)] },
    interceptors: { workflow: [ticketing(service, namespace)] },
  }
}

interface Execution {
  readonly workflowId?: string | null
  readonly runId?: string | null
}

function ticketing(service: WorkflowService, namespace: string): WorkflowClientInterceptor {
  const messageTicket = async (
    ticket: MessageTicket['ticket'],
    name: string,
    id: string,
    { workflowId, runId }: Execution,
  ): Promise<MessageTicket> => {
    const execution = { workflowId: workflowId ?? '', runId: runId ?? '' }
    return { ticket, name, id, run: await firstRunOf(service, namespace, execution) }
  }
  return {
    startWithDetails: (input, next) => {
      const { options, workflowType } = input
      const ticket: StartTicket = { ticket: 'start', name: workflowType, issuedAt: Date.now() }
      return next({ ...input, options: { ...options, args: [...options.args, ticket] } })
    },
    startUpdate: async (input, next) => {
      const updateId = input.options.updateId ?? randomUUID()
      const ticket = await messageTicket('update', input.updateName, updateId, input.workflowExecution)
      return next({
        ...input,
        options: { ...input.options, updateId },
        args: [...input.args, ticket],
      })
    },
    signal: async (input, next) => {
      const ticket = await messageTicket('signal', input.signalName, randomUUID(), input.workflowExecution)
      return next({ ...input, args: [...input.args, ticket] })
    },
  }
}

/** The part of a connection's service that is called here, whether it is a client's or a worker's connection. */
export type DescribingService = Pick<WorkflowService, 'describeWorkflowExecution'>

/** The first run of the chain that a run belongs to: itself, unless a reset made it. */
export async function firstRunOf(
  service: DescribingService,
  namespace: string,
  execution: { readonly workflowId: string; readonly runId: string },
): Promise<string> {
  const { workflowExecutionInfo } = await service.describeWorkflowExecution({ namespace, execution })
  return firstRunIn(workflowExecutionInfo, execution.runId)
}

/** The same, from what the server has already told about the run. */
export function firstRunIn(told: DescribedExecution | null | undefined, runId: string): string {
  const first = told?.firstRunId ?? ''
  return first === '' ? (told?.execution?.runId ?? runId) : first
}

interface DescribedExecution {
  readonly firstRunId?: string | null
  readonly execution?: { readonly runId?: string | null } | null
}
