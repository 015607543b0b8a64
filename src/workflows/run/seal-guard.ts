/**
 * Guards at the entry points of a workflow: nothing without our seal reaches its code. A worker without seals
 * (QUORATE_SEAL_KEY_FILE=none) loads the bundle without the mark, and then this module does nothing.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  proxySinks,
  workflowInfo,
  type ActivityInput,
  type LocalActivityInput,
  type WorkflowInboundCallsInterceptor,
  type WorkflowInterceptors,
  type WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow'
import {
  answerOfRun,
  describeRefusal,
  isRefused,
  isSealedResult,
  nameObstacle,
  refusedAmong,
  startObstacle,
  takeTicket,
  type ActivityTicket,
  type SealSinks,
  type StartTicket,
} from '../../operations/tickets.js'
import { QuorateError, type ErrorCode } from '../../errors/index.js'
import { failWith } from './failure.js'
import { tellRefusal } from './refusals.js'

const isGuarded = (globalThis as { quorateSeals?: boolean }).quorateSeals === true

/** The SDK finds this in the bundle (temporal/bundle.ts). */
export const interceptors = (): WorkflowInterceptors =>
  isGuarded ? { inbound: [inbound()], outbound: [outbound()] } : {}

function inbound(): WorkflowInboundCallsInterceptor {
  const { seal } = proxySinks<SealSinks>()
  const signalsTaken = new Set<string>()
  return {
    execute: async (input, next) => {
      const refused = refusedAmong(input.args)
      if (refused?.quorateRefused === 'key') {
        const what = `its input ${describeRefusal(refused)}`
        seal.refused(`SEAL_KEY_WRONG: ${what}`)
        // Fails the task, not the run: another worker, or this one with the right key file, can continue it.
        throw new Error(`SEAL_KEY_WRONG: ${what}`)
      }
      const taken = takeTicket(input.args, 'start') ?? takeTicket(input.args, 'schedule')
      const why = refused === undefined ? whyNoStart(taken?.ticket) : `its input ${describeRefusal(refused)}`
      if (why !== undefined || taken === undefined) {
        const what = `the run is refused: ${why ?? NO_TICKET}`
        seal.refusedRun(what)
        throw refusal(what)
      }
      return answerOfRun(await next({ ...input, args: taken.args }), workflowInfo().firstExecutionRunId)
    },
    handleSignal: async (input, next) => {
      const taken = takeTicket(input.args, 'signal')
      const why = whyNoMessage(input.args, input.signalName, taken?.ticket)
      if (why !== undefined || taken === undefined || !('id' in taken.ticket)) {
        const what = `a signal ${input.signalName} was ignored: ${why ?? NO_TICKET}`
        seal.refused(what)
        tellRefusal(what)
        return
      }
      // Somebody who saw a message in the history could send it again.
      if (signalsTaken.has(taken.ticket.id)) return
      signalsTaken.add(taken.ticket.id)
      await next({ ...input, args: taken.args })
    },
    validateUpdate: (input, next) => {
      next({ ...input, args: updateArgs(input) })
    },
    handleUpdate: (input, next) => next({ ...input, args: updateArgs(input) }),
    // Whoever reaches the server may read, but what they send along is still refused.
    handleQuery: async (input, next) => {
      const refused = refusedAmong(input.args)
      if (refused !== undefined) throw refusal(`the query ${input.queryName} ${describeRefusal(refused)}`)
      return answerOfRun(await next(input), workflowInfo().firstExecutionRunId)
    },
  }
}

const NO_TICKET = 'it has no ticket'

function whyNoStart(
  ticket: { readonly ticket: string; readonly name: string; readonly issuedAt?: number } | undefined,
): string | undefined {
  if (ticket === undefined) return NO_TICKET
  const { workflowType, startTime } = workflowInfo()
  // When a schedule comes due is up to the server: its runs differ in nothing that could be sealed beforehand.
  if (ticket.ticket === 'schedule') return nameObstacle(ticket, workflowType)
  // In a workflow, "now" is the time of the task; here, at the entry point, that of the first task.
  return startObstacle(ticket, { workflowType, startedAt: startTime.getTime(), begunAt: Date.now() })
}

function updateArgs(input: {
  readonly name: string
  readonly updateId: string
  readonly args: readonly unknown[]
}): unknown[] {
  const taken = takeTicket(input.args, 'update')
  const why =
    whyNoMessage(input.args, input.name, taken?.ticket) ??
    (taken !== undefined && 'id' in taken.ticket && taken.ticket.id === input.updateId
      ? undefined
      : 'its ticket is for another decision')
  if (why !== undefined || taken === undefined)
    throw refusal(`the decision ${input.name} is refused: ${why ?? NO_TICKET}`)
  return taken.args
}

function whyNoMessage(
  args: readonly unknown[],
  name: string,
  ticket: { readonly name: string; readonly run?: string } | undefined,
): string | undefined {
  const refused = refusedAmong(args)
  if (refused !== undefined) return `it ${describeRefusal(refused)}`
  if (ticket === undefined) return NO_TICKET
  if (ticket.name !== name) return `its ticket is for ${ticket.name}`
  return ticket.run === workflowInfo().firstExecutionRunId ? undefined : 'its ticket is for another run'
}

function outbound(): WorkflowOutboundCallsInterceptor {
  return {
    scheduleActivity: (input, next) => withTicket(input, (sealed) => next(sealed)),
    scheduleLocalActivity: (input, next) => withTicket(input, (sealed) => next(sealed)),
    startChildWorkflowExecution: (input, next) => {
      const { options, workflowType: name } = input
      const ticket: StartTicket = { ticket: 'start', name, issuedAt: Date.now() }
      return next({ ...input, options: { ...options, args: [...options.args, ticket] } })
    },
  }
}

/** Schedules the activity with a ticket. Accepts as its result only what this activity itself returned. */
async function withTicket<Input extends ActivityInput | LocalActivityInput>(
  input: Input,
  next: (input: Input) => Promise<unknown>,
): Promise<unknown> {
  const { firstExecutionRunId: run } = workflowInfo()
  const { activityType: name, args } = input
  const ticket: ActivityTicket = { ticket: 'activity', name, run }
  const unsealed = (value: unknown): unknown => unseal(value, ticket)
  let result: unknown
  try {
    result = await next({ ...input, args: [...args, ticket] })
  } catch (error) {
    if (error instanceof ActivityFailure) unsealDetails(error.cause, unsealed)
    throw error
  }
  return unsealed(result)
}

/** @throws ApplicationFailure `UNSEALED` if the value was not returned by this activity. */
function unseal(value: unknown, { name, run }: ActivityTicket): unknown {
  if (isRefused(value)) throw refusal(`the result of ${name} ${describeRefusal(value)}`)
  if (!isSealedResult(value))
    throw refusal(`the result of ${name} is not valid: it was sealed for something else`)
  const { quorateResult: origin } = value
  if (origin.name !== name || origin.run !== run)
    throw refusal(`the result of ${name} is of another step or run`)
  return value.value
}

/** Failures that the server or the SDK makes have no details. */
function unsealDetails(failure: unknown, unsealed: (value: unknown) => unknown): void {
  if (!(failure instanceof ApplicationFailure) || !failure.details) return
  const details = failure.details.map(unsealed)
  failure.details.splice(0, failure.details.length, ...details)
}

function refusal(message: string, code: ErrorCode = 'UNSEALED'): ApplicationFailure {
  return failWith([new QuorateError(code, message).report()])
}
