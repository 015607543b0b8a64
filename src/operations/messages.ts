/**
 * The messages that a running operation takes. Each is declared once, with its kind, what it takes and what it answers,
 * and the workflow that handles it and the client that sends it are both held to that.
 */
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common'
import type { OperationProgress } from './progress.js'

/** What the operator decides about a running operation. */
export type Decision =
  /** Tries parked steps again; all of them unless one is named. */
  | { readonly kind: 'retry'; readonly step?: string }
  /** Skips a parked step, and leaves its host out of the rest. The reason is kept in the result and in history. */
  | { readonly kind: 'skip'; readonly step: string; readonly reason: string }
  /**
   * Ends an operation that waits for a decision or for something outside. Running steps finish first. Steps that only
   * wait are stopped.
   */
  | { readonly kind: 'abort'; readonly reason?: string }
  /** Continues with what the plan shows. */
  | { readonly kind: 'approve' }
  /** Ends a pause. */
  | { readonly kind: 'resume' }
  /** Goes on without waiting for a window, to the end of the run. */
  | { readonly kind: 'now' }

/** A decision of one kind as it is sent: the message itself says which kind it is. */
export type DecisionInput<Kind extends Decision['kind']> = Omit<Extract<Decision, { kind: Kind }>, 'kind'>

/** What a decision applied to: IDs of steps, or `plan` for the approval. */
export interface DecisionTaken {
  readonly steps: readonly string[]
}

/** By name. Names are stable, because histories contain them. */
export const MESSAGES = {
  /** How far the operation is. */
  progress: query<OperationProgress, 'progress'>('progress'),
  /** The operator vouches for the load balancer. */
  loadBalancerReady: signal('loadBalancerReady'),
  /** Start no further step until {@link MESSAGES.resume}; running steps finish. */
  pause: signal('pause'),
  /** Continue after {@link MESSAGES.pause}. */
  resume: signal('resume'),
  retryStep: decision<'retry', 'retryStep'>('retryStep'),
  skipStep: decision<'skip', 'skipStep'>('skipStep'),
  abort: decision<'abort', 'abort'>('abort'),
  approve: update<DecisionTaken, [], 'approve'>('approve'),
  overrideWindow: update<DecisionTaken, [], 'overrideWindow'>('overrideWindow'),
} as const

/** A message by its name. */
type MessageName = keyof typeof MESSAGES

/** Messages without arguments and without an answer. */
export type SignalName = {
  [Name in MessageName]: (typeof MESSAGES)[Name]['type'] extends 'signal' ? Name : never
}[MessageName]

// The brands of Temporal's types exist only for the compiler, and its functions that make definitions come with the
// whole runtime of workflows.
function query<Answer, Name extends string>(name: Name) {
  return { type: 'query', name } as QueryDefinition<Answer, [], Name>
}

function signal<Name extends string>(name: Name) {
  return { type: 'signal', name } as SignalDefinition<[], Name>
}

function update<Answer, Args extends unknown[], Name extends string>(name: Name) {
  return { type: 'update', name } as UpdateDefinition<Answer, Args, Name>
}

function decision<Kind extends Decision['kind'], Name extends string>(name: Name) {
  return update<DecisionTaken, [DecisionInput<Kind>], Name>(name)
}
