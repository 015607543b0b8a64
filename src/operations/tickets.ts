/**
 * What seals mean to workflows, activities and clients: tickets, which say what a message is for, and the placeholder
 * for a payload that was refused. The seals themselves are made and checked in `temporal/seal`.
 */

/** For a start: valid once, at the time when it was issued. */
export interface StartTicket {
  readonly ticket: 'start'
  /** Workflow type. */
  readonly name: string
  /** Milliseconds since the epoch, by the client's clock. */
  readonly issuedAt: number
}

/** For the runs that a schedule starts: valid each time, for as long as the key is that it is sealed with. */
export interface ScheduleTicket {
  readonly ticket: 'schedule'
  /** Workflow type. */
  readonly name: string
}

/** For an Update or a Signal. */
export interface MessageTicket {
  readonly ticket: 'update' | 'signal'
  /** Name of the message. */
  readonly name: string
  /** First run of the chain that the message is for: a reset creates a new run of the same chain. */
  readonly run: string
  /** An Update's own ID, or a random ID for a Signal: nothing is accepted twice. */
  readonly id: string
}

/** For an activity. */
export interface ActivityTicket {
  readonly ticket: 'activity'
  /** Activity type. */
  readonly name: string
  /** As in {@link MessageTicket}. */
  readonly run: string
}

/**
 * The last argument of every sealed message. A message without a ticket, or with another message's ticket, is not
 * accepted.
 */
export type Ticket = StartTicket | ScheduleTicket | MessageTicket | ActivityTicket

/**
 * Why a payload is refused. `key`: sealed with a key that is not in the key file. `forged`: changed, or sealed for
 * something else.
 */
export type Refusal = 'unsealed' | 'key' | 'forged'

/**
 * What a refused payload decodes to. Decoding never fails this way; if it did, the payload would block its run forever.
 */
export interface RefusedPayload {
  readonly quorateRefused: Refusal
  /** Id of the key that is missing. */
  readonly key?: string
}

/** An activity's result, and where it was made according to its seal. */
export interface SealedResult {
  readonly quorateResult: Omit<ActivityTicket, 'ticket'>
  readonly value?: unknown
}

/**
 * What a run answers or ends with, together with the first run of its chain. Otherwise an earlier run's answer could
 * pass for it.
 */
export type AnswerOfRun<Value> = Value & { readonly quorateRun: string }

export function answerOfRun(value: unknown, run: string): unknown {
  return typeof value === 'object' && value !== null ? { ...value, quorateRun: run } : value
}

export function isRefused(value: unknown): value is RefusedPayload {
  return typeof value === 'object' && value !== null && 'quorateRefused' in value
}

export function isSealedResult(value: unknown): value is SealedResult {
  return typeof value === 'object' && value !== null && 'quorateResult' in value
}

/**
 * How far apart the clocks of a client and the server may be. Within this time, somebody who saw a start could repeat
 * it.
 */
const START_WINDOW_MS = 10 * 60_000

/**
 * How long a run may wait for its first task. Somebody who repeats a start in time can ask the server to delay the run
 * for years, until nobody wants what it asks for.
 */
const LONGEST_WAIT_MS = 24 * 3_600_000

/** A run when it starts; times in milliseconds since the epoch, by the server's clock. */
export interface RunBeginning {
  readonly workflowType: string
  readonly startedAt: number
  /** When a worker took its first task. */
  readonly begunAt: number
}

/** Why a workflow of this type may not start with a ticket of this name; undefined if it may. */
export function nameObstacle({ name }: { readonly name: string }, workflowType: string): string | undefined {
  return name === workflowType ? undefined : `its ticket is for ${name}`
}

/** Why a run may not start with this ticket; undefined if it may. */
export function startObstacle(
  ticket: { readonly name: string; readonly issuedAt?: number },
  { workflowType, startedAt, begunAt }: RunBeginning,
): string | undefined {
  const obstacle = nameObstacle(ticket, workflowType)
  if (obstacle !== undefined) return obstacle
  const issuedAt = ticket.issuedAt ?? 0
  const apart = Math.abs(startedAt - issuedAt)
  if (apart > START_WINDOW_MS) {
    const minutes = Math.round(apart / 60_000)
    return `its ticket was issued ${minutes} minutes before or after it started; the clocks of client and server differ, or someone repeats an earlier start`
  }
  if (begunAt - issuedAt <= LONGEST_WAIT_MS + START_WINDOW_MS) return undefined
  const hours = Math.round((begunAt - issuedAt) / 3_600_000)
  return `it was requested ${hours} hours before a worker could start it; run \`quorate apply\` to start another`
}

/** Takes the ticket off the arguments of a message; undefined if the last argument is not a ticket of this kind. */
export function takeTicket<Kind extends Ticket['ticket']>(
  args: readonly unknown[],
  kind: Kind,
):
  | { readonly ticket: Extract<Ticket, { ticket: Kind }> | MessageTicket; readonly args: unknown[] }
  | undefined {
  const last = args.at(-1)
  if (typeof last !== 'object' || last === null || !('ticket' in last) || last.ticket !== kind)
    return undefined
  return { ticket: last as Extract<Ticket, { ticket: Kind }>, args: args.slice(0, -1) }
}

/** The first refusal among values, if there is one. */
export function refusedAmong(values: readonly unknown[]): RefusedPayload | undefined {
  return values.find(isRefused)
}

const REASONS: Readonly<Record<Refusal, string>> = {
  unsealed: 'carries no seal',
  key: 'is sealed with a key that this side does not have',
  forged: 'has been changed since it was sealed, or was sealed for something else',
}

/** In words: what is wrong with this payload. */
export function describeRefusal({ quorateRefused, key }: RefusedPayload): string {
  return key === undefined ? REASONS[quorateRefused] : `${REASONS[quorateRefused]} (key ${key})`
}

/** What the guards in a workflow report to its worker; these calls have no effect on the workflow. */
export type SealSinks = {
  readonly seal: {
    /** Something that was sent to the run was refused. */
    refused(what: string): void
    /** The run itself was refused: nobody with the key started it. */
    refusedRun(what: string): void
  }
}
