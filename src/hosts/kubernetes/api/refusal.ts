/** What an API server says when it does not do what it is asked, and the errors that are made of it. */
import { z } from 'zod'
import { isQuorateError, QuorateError } from '../../../errors/index.js'
import type { Session } from '../../../ssh/index.js'

const STATUS = z.looseObject({
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z
    .looseObject({ causes: z.array(z.looseObject({ reason: z.string().optional() })).optional() })
    .optional(),
})

/** A refusal, as the API's own Status object has it. */
export interface ApiRefusal {
  /** HTTP status: 404 not found, 409 conflict, 422 invalid, 429 too many requests (also a disruption budget). */
  readonly status: number
  /** Such as `Conflict` or `TooManyRequests`; empty if the server gives none. */
  readonly reason: string
  readonly message: string
  /** Reasons of the causes, such as `DisruptionBudget`. */
  readonly causes: readonly string[]
  /** Seconds after which the server wants to be asked again. */
  readonly retryAfter?: number
}

/** How many characters of an answer that is no Status are quoted. */
const QUOTED = 300

/** Reads the answer to a request that was refused. */
export function readRefusal(status: number, body: string, retryAfter?: string): ApiRefusal {
  const { data } = STATUS.safeParse(parsed(body))
  const seconds = Number(retryAfter)
  return {
    status,
    reason: data?.reason ?? '',
    message: data?.message ?? `HTTP ${status}: ${body.slice(0, QUOTED)}`,
    causes: (data?.details?.causes ?? []).flatMap(({ reason }) => (reason === undefined ? [] : [reason])),
    ...(retryAfter === undefined || Number.isNaN(seconds) ? {} : { retryAfter: seconds }),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The error `API_REFUSED`; {@link refusalOf} finds the refusal again. */
export function refused({ host }: Session, request: string, refusal: ApiRefusal): QuorateError {
  return new QuorateError('API_REFUSED', `the Kubernetes API refuses ${request}: ${refusal.message}`, {
    host: host.name,
    step: 'Kubernetes API',
    cause: refusal,
  })
}

/** What the API server said, if an error is a refusal of it. */
export function refusalOf(error: unknown): ApiRefusal | undefined {
  return isQuorateError(error) && error.code === 'API_REFUSED'
    ? (error.context.cause as ApiRefusal)
    : undefined
}

/** Whether the API server refused because the object has changed since it was read, or exists already. */
export function isConflict(error: unknown): boolean {
  return refusalOf(error)?.status === 409
}

/** Whether the API server was silent, or refused. */
export function isApiFailure(error: unknown): boolean {
  return isQuorateError(error) && (error.code === 'API_NOT_ANSWERING' || error.code === 'API_REFUSED')
}
