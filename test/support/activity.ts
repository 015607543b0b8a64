/** Runs activities as a worker does, without a server. */
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'

/** The workflow run that calls an activity, and the number of the attempt. */
export interface CalledBy {
  readonly workflowId: string
  readonly runId: string
  readonly attempt?: number
}

/** One attempt of an activity; quiet, since tests make activities fail on purpose. */
export function activityEnvironment(by?: CalledBy): MockActivityEnvironment {
  const info =
    by === undefined
      ? {}
      : { attempt: by.attempt ?? 1, workflowExecution: { workflowId: by.workflowId, runId: by.runId } }
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') })
}

/** Runs a function as an activity, and returns its result or throws the failure that Temporal would record. */
export async function activity<Result>(act: () => Promise<Result>, by?: CalledBy): Promise<Result> {
  return activityEnvironment(by).run(act)
}
