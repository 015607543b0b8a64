/** Activities run as a worker runs them, without a server. */
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'

/** One attempt of an activity; quiet, since tests make activities fail on purpose. */
export function activityEnvironment(): MockActivityEnvironment {
  return new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') })
}

/** Runs as an activity does, and gives the result or the failure that Temporal would record. */
export async function activity<Result>(act: () => Promise<Result>): Promise<Result> {
  return activityEnvironment().run(act)
}
