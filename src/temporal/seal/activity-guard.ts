/** A worker's guard for its activities: an activity never begins without a ticket for exactly that activity. */
import { ApplicationFailure, Context, type Info } from '@temporalio/activity'
import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import { describeRefusal, refusedAmong, takeTicket, type ActivityTicket } from '../../operations/tickets.js'
import { QuorateError } from '../../errors/index.js'

/** Finds the first run of the chain that a run belongs to. */
export type FirstRunOf = (run: { readonly workflowId: string; readonly runId: string }) => Promise<string>

/**
 * For how long after its first start a run may be reset and go on. Whoever reaches the server can reset any run that
 * the server still knows; what an old cluster file asks for must not come back that way.
 */
const RESETTABLE_MS = 24 * 3_600_000

/** For each running activity, the run and the name from its ticket. */
const tickets = new WeakMap<Context, Omit<ActivityTicket, 'ticket'>>()

/** The run and the name from the current activity's ticket; undefined if there is none. */
export function currentActivity(): Omit<ActivityTicket, 'ticket'> | undefined {
  try {
    return tickets.get(Context.current())
  } catch {
    // The SDK throws outside of activities.
    return undefined
  }
}

export function activityGuard(firstRunOf: FirstRunOf): ActivityInterceptorsFactory {
  return (context) => ({
    inbound: {
      execute: async (input, next) => {
        const taken = takeTicket(input.args, 'activity')
        const why = await whyNot(context.info, input.args, taken?.ticket, firstRunOf)
        if (why !== undefined || taken === undefined)
          throw refusal(context.info.activityType, why ?? NO_TICKET)
        tickets.set(context, { run: taken.ticket.run, name: taken.ticket.name })
        return next({ ...input, args: taken.args })
      },
    },
  })
}

const NO_TICKET = 'it has no ticket'

async function whyNot(
  info: Info,
  args: readonly unknown[],
  ticket: Pick<ActivityTicket, 'name' | 'run'> | undefined,
  firstRunOf: FirstRunOf,
): Promise<string | undefined> {
  const refused = refusedAmong(args)
  if (refused !== undefined) return `what it was given ${describeRefusal(refused)}`
  const run = info.workflowExecution
  if (run === undefined) return 'no operation asks for it'
  if (ticket === undefined) return NO_TICKET
  if (ticket.name !== info.activityType) return `its ticket is for ${ticket.name}`
  if (ticket.run === run.runId) return undefined
  if ((await firstRunOf(run)) !== ticket.run) return 'its ticket is of another run'
  const isOld = Date.now() - startOf(ticket.run) > RESETTABLE_MS
  return isOld
    ? 'a run can be reset only within a day of its start; run `quorate apply` to start another'
    : undefined
}

/** Milliseconds since the epoch: the server's run ids are UUIDv7, which begin with their time. */
function startOf(runId: string): number {
  return Number.parseInt(runId.replaceAll('-', '').slice(0, 12), 16)
}

function refusal(activityType: string, why: string): ApplicationFailure {
  const report = new QuorateError('UNSEALED', `${activityType} is refused: ${why}`).report()
  const failure = ApplicationFailure.create({
    type: report.code,
    message: report.message,
    nonRetryable: true,
    details: [report],
  })
  // The stack trace helps nobody.
  failure.stack = ''
  return failure
}
