import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { ApplicationFailure } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { withHeartbeat } from '../../../src/activities/step.js'
import { QuorateError } from '../../../src/errors/index.js'

/** The failure that Temporal records of this attempt. */
async function failureOf(attempt: number, error: Error): Promise<ApplicationFailure> {
  const environment = new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') })
  const failed: unknown = await environment
    .run(() => withHeartbeat('w1', () => Promise.reject(error)))
    .catch((failure: unknown) => failure)
  if (failed instanceof ApplicationFailure) return failed
  throw new Error('it did not fail as an application failure')
}

describe('an error in a step', () => {
  const passing = new QuorateError('PACKAGES_FAILED', 'apt-get ended with 100', { host: 'w1' })

  it.each([
    [1, 2_000],
    [2, 4_000],
    [4, 16_000],
    [5, 30_000],
    [20, 30_000],
  ])('that may pass in attempt %i is tried again after %i ms', async (attempt, nextRetryDelay) => {
    expect(await failureOf(attempt, passing)).toMatchObject({ nextRetryDelay })
  })

  it('that only the operator can mend is not tried again', async () => {
    const lasting = new QuorateError('SUDO_DENIED', 'ops may not sudo', { host: 'w1' })
    expect((await failureOf(1, lasting)).nonRetryable).toBe(true)
    expect((await failureOf(1, passing)).nonRetryable).toBe(false)
  })
})
