/** The step of the tiny workflow, under a test's control: it runs until the test lets it end. */
import { ApplicationFailure, Context, heartbeat } from '@temporalio/activity'
import { setTimeout as delay } from 'node:timers/promises'
import { QuorateError } from '../../src/errors/index.js'

export interface TinyActivities {
  look(host: string): Promise<void>
  work(host: string): Promise<void>
}

/** What a test holds in its hand. */
export class Controls {
  finished = false
  /** Attempts until one succeeds. */
  failures = 0
  /** Its host does not even answer, which ends the operation. */
  fatal: QuorateError | undefined
  /** Hosts whose step fails so that it is parked, until the test takes them out. */
  readonly broken = new Map<string, QuorateError>()

  readonly activities: TinyActivities = {
    look: (host) =>
      this.fatal?.report().host === host ? Promise.reject(failure(this.fatal, true)) : Promise.resolve(),
    work: async (host) => {
      const broken = this.broken.get(host)
      if (broken !== undefined) throw failure(broken, true)
      if (Context.current().info.attempt <= this.failures) {
        throw failure(new QuorateError('SSH_UNREACHABLE', 'connection refused', { host }), false)
      }
      while (!this.finished) {
        heartbeat({ host, line: `${host} at work`, failures: 0 })
        await delay(50, undefined, { signal: Context.current().cancellationSignal })
      }
    },
  }
}

function failure(error: QuorateError, nonRetryable: boolean): ApplicationFailure {
  return ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable,
    details: [error.report()],
  })
}
