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
