/** The frame around a short activity that has nothing to do with a host. */
import { Context } from '@temporalio/activity'
import { failureOf } from './frame.js'

/** Runs `act` without heartbeats. The policy of its caller alone says how often it is tried again, and when. */
export async function withoutHost<Result>(act: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const { cancellationSignal } = Context.current()
  try {
    return await act(cancellationSignal)
  } catch (error) {
    if (cancellationSignal.aborted) throw cancellationSignal.reason
    throw failureOf(error, { nonRetryable: false })
  }
}
