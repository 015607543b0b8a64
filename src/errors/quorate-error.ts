/**
 * The only family of errors. Every error that a person may see is a {@link QuorateError}: it has a stable code from the
 * registry, says where it happened, and what to do now.
 */
import { plainText } from '../values/plain-text.js'
import type { ErrorSource, Remedy } from './definition.js'
import { ERRORS, type ErrorCode } from './registry.js'
import { defined } from '../values/defined.js'

/** Where an error happened and what is known of it, besides its code and message. */
export interface ErrorContext {
  /** Name of the host, as in the cluster file. */
  readonly host?: string
  /** Name of the step that failed, e.g. `kubeadm join`. */
  readonly step?: string
  /** What to do now; replaces the registry's general hint if more is known. */
  readonly hint?: string
  /** Last lines of a command's output, free of secrets. */
  readonly output?: string
  /** The error behind this one; shown only with `--verbose`. */
  readonly cause?: unknown
  /** Problems that were found together, each a complete report. */
  readonly problems?: readonly ErrorReport[]
}

/** An error as plain data: it is sent through Temporal, kept in progress, and printed as JSON. */
export interface ErrorReport {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
  readonly source: ErrorSource
  readonly host?: string
  readonly step?: string
  readonly output?: string
  readonly problems?: readonly ErrorReport[]
}

// A registered symbol, not instanceof: the class may exist twice (workflow sandbox, duplicated packages).
const BRAND = Symbol.for('quorate.error')

/**
 * An error with a stable code, a place and a hint. Messages are lowercase and without a full stop. Message, hint and
 * output may quote a peer; the constructor makes them plain text, so they are plain text everywhere.
 */
export class QuorateError extends Error {
  readonly code: ErrorCode
  readonly context: ErrorContext
  readonly [BRAND] = true

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(plainText(message), context.cause === undefined ? undefined : { cause: context.cause })
    this.name = 'QuorateError'
    this.code = code
    this.context = plainContext(context)
  }

  /** What caused it: the user, the environment or Quorate itself. */
  get source(): ErrorSource {
    return ERRORS[this.code].source
  }

  /** What can fix it: trying again later, or only a person. */
  get remedy(): Remedy {
    return ERRORS[this.code].remedy
  }

  /** What to do now. */
  get hint(): string {
    return this.context.hint ?? ERRORS[this.code].hint
  }

  /** The error as plain data, without stack and cause. */
  report(): ErrorReport {
    const { host, step, output, problems } = this.context
    return {
      code: this.code,
      message: this.message,
      hint: this.hint,
      source: this.source,
      ...defined({ host, step, output, problems }),
    }
  }
}

function plainContext(context: ErrorContext): ErrorContext {
  const { hint, output } = context
  return {
    ...context,
    ...(hint === undefined ? {} : { hint: plainText(hint) }),
    ...(output === undefined ? {} : { output: plainText(output) }),
  }
}

/** Whether the value is a {@link QuorateError}, also across realms. */
export function isQuorateError(value: unknown): value is QuorateError {
  return typeof value === 'object' && value !== null && BRAND in value
}

/** The report of any thrown value; anything but a QuorateError is reported as a bug of ours. */
export function reportError(thrown: unknown): ErrorReport {
  if (isQuorateError(thrown)) return thrown.report()
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new QuorateError('INTERNAL', message).report()
}

/** Whether this is one of our codes, even after it was stored in a history. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value)
}

/** Whether this is a report, even after it was stored in a history. */
export function isErrorReport(value: unknown): value is ErrorReport {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    isErrorCode(value.code) &&
    'message' in value &&
    typeof value.message === 'string' &&
    'hint' in value &&
    typeof value.hint === 'string'
  )
}
