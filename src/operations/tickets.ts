/**
 * What seals mean to workflows, activities and clients: tickets, which say what a message is for, and what stands in
 * the place of a payload that was refused. The seals themselves are made and checked in `temporal/seal`.
 */

/** For a start: valid once, at the time at which it was issued. */
export interface StartTicket {
  readonly ticket: 'start'
  /** Workflow type. */
  readonly name: string
  /** Milliseconds since the epoch, by the client's clock. */
  readonly issuedAt: number
}

/** For an Update or a Signal. */
export interface MessageTicket {
  readonly ticket: 'update' | 'signal'
  /** Name of the message. */
  readonly name: string
  /** First run of the chain that the message is meant for: a reset makes a new run of the same chain. */
  readonly run: string
  /** Of an Update its id, of a Signal a random one: nothing is taken twice. */
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

/** The last argument of every sealed message: without it, or with another's, nothing is taken. */
export type Ticket = StartTicket | MessageTicket | ActivityTicket

/** Why a payload is refused. `key`: sealed with a key that is not in the key file; `forged`: changed, or sealed for something else. */
export type Refusal = 'unsealed' | 'key' | 'forged'

/** What a refused payload is decoded to, so that decoding never fails: a payload that did would stop its run for ever. */
export interface RefusedPayload {
  readonly quorateRefused: Refusal
  /** Id of the key that is missing. */
  readonly key?: string
}

/** What an activity gave back, with what its seal says of where it was made. */
export interface SealedResult {
  readonly quorateResult: Omit<ActivityTicket, 'ticket'>
  readonly value?: unknown
}

/** What a run answers or ends with, with the first run of its chain: an earlier run's would be taken for it otherwise. */
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

/** How far the clocks of a client and the server may be apart; within it a start that was seen could be repeated. */
const START_WINDOW_MS = 10 * 60_000

/**
 * For how long a run may wait for its first task. Whoever repeats a start in time can ask the server to hold the run
 * back for years, until what it asks for is wanted no more.
 */
const LONGEST_WAIT_MS = 24 * 3_600_000

/** A run at its beginning; times in milliseconds since the epoch, by the server's clock. */
export interface RunBeginning {
  readonly workflowType: string
  readonly startedAt: number
  /** When a worker took its first task. */
  readonly begunAt: number
}

/** Why a run may not begin with this ticket; undefined where it may. */
export function startObstacle(
  ticket: { readonly name: string; readonly issuedAt?: number },
  { workflowType, startedAt, begunAt }: RunBeginning,
): string | undefined {
  if (ticket.name !== workflowType) return `its ticket is for ${ticket.name}`
  const issuedAt = ticket.issuedAt ?? 0
  const apart = Math.abs(startedAt - issuedAt)
  if (apart > START_WINDOW_MS) {
    const minutes = Math.round(apart / 60_000)
    return `its ticket was issued ${minutes} minutes before or after it began; the clocks of client and server differ, or somebody repeats an earlier start`
  }
  if (begunAt - issuedAt <= LONGEST_WAIT_MS + START_WINDOW_MS) return undefined
  const hours = Math.round((begunAt - issuedAt) / 3_600_000)
  return `it was asked for ${hours} hours before a worker could begin; \`quorate apply\` starts another`
}

/** Takes the ticket off the arguments of a message; undefined where the last of them is none of this kind. */
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

/** What the guards in a workflow tell its worker; calls of it have no effect on the workflow. */
export type SealSinks = {
  readonly seal: {
    /** Something that was sent to the run is refused. */
    refused(what: string): void
    /** The run itself is: nobody with the key has started it. */
    refusedRun(what: string): void
  }
}
