/** Errors of calls to the Temporal server, in our own codes. */
import { setTimeout as delay } from 'node:timers/promises'
import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client'
import { QuorateError, isQuorateError } from '../errors/index.js'

/** gRPC status codes that say something about the server or our access to it. */
const CANCELLED = 1
const DEADLINE_EXCEEDED = 4
const NOT_FOUND = 5
const PERMISSION_DENIED = 7
const RESOURCE_EXHAUSTED = 8
const UNIMPLEMENTED = 12
const UNAVAILABLE = 14
const UNAUTHENTICATED = 16

/** The gRPC status code behind an error; undefined when it is of another kind. */
export function grpcStatus(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code
  return error instanceof Error && error.cause !== undefined ? grpcStatus(error.cause) : undefined
}

/** Whether the server does not know the call at all. */
export function isUnimplemented(error: unknown): boolean {
  return grpcStatus(error) === UNIMPLEMENTED
}

/** Whether the server did not answer, so that the same call may succeed later. */
export function isServerAway(error: unknown): boolean {
  const status = grpcStatus(error)
  return status === UNAVAILABLE || status === CANCELLED || isServerBusy(error)
}

/** Whether the server is there but too busy to answer. */
function isServerBusy(error: unknown): boolean {
  const status = grpcStatus(error)
  return status === DEADLINE_EXCEEDED || status === RESOURCE_EXHAUSTED
}

/** A server that works on an operation with a few hundred hosts may leave calls unanswered for this long. */
const BUSY_TIMEOUT_MS = 45_000
const BUSY_INTERVAL_MS = 500

/** Repeats the call until the server has time to answer it; other errors end it at once. */
export async function outlastBusy<Result>(
  call: () => Promise<Result>,
  timeoutMs = BUSY_TIMEOUT_MS,
): Promise<Result> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isServerBusy(error) || Date.now() >= deadline) throw error
      await delay(BUSY_INTERVAL_MS)
    }
  }
}

/** Runs a call to the server; its errors become {@link QuorateError}s where we have a code for them. */
export async function callServer<Result>(address: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    throw translate(address, error)
  }
}

function translate(address: string, error: unknown): unknown {
  if (isQuorateError(error) || error instanceof WorkflowNotFoundError) return error
  const message = innermostMessage(error)
  switch (grpcStatus(error)) {
    case UNAVAILABLE:
    case DEADLINE_EXCEEDED:
    case RESOURCE_EXHAUSTED:
      return new QuorateError('TEMPORAL_UNREACHABLE', `${address} does not answer: ${message}`, {
        cause: error,
      })
    case PERMISSION_DENIED:
    case UNAUTHENTICATED:
      return new QuorateError('TEMPORAL_ACCESS_DENIED', `${address} refuses access: ${message}`, {
        cause: error,
      })
    case NOT_FOUND:
      if (!/namespace/i.test(message)) return error
      return new QuorateError('TEMPORAL_NAMESPACE_NOT_FOUND', `${address}: ${message}`, { cause: error })
    case undefined:
    default:
      return error
  }
}

/** The server's own words. */
export function innermostMessage(error: unknown): string {
  if (isGrpcServiceError(error)) return error.details
  if (error instanceof Error && error.cause !== undefined) return innermostMessage(error.cause)
  return error instanceof Error ? error.message : String(error)
}
