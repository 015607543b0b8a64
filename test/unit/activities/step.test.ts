import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { ApplicationFailure } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { withHeartbeat } from '../../../src/activities/step.js'
import { QuorateError } from '../../../src/errors/index.js'

/** What Temporal records when the step has ended in an error for the so many-th time. */
async function failureOf(failures: number, error: Error): Promise<ApplicationFailure> {
  const heartbeatDetails = { host: 'w1', line: '', failures: failures - 1 }
  const environment = new MockActivityEnvironment(
    { heartbeatDetails },
    { logger: new DefaultLogger('ERROR') },
  )
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
  ])('that may pass, the %i., is tried again after %i ms', async (failures, nextRetryDelay) => {
    expect(await failureOf(failures, passing)).toMatchObject({ nextRetryDelay, nonRetryable: false })
  })

  it("that may pass is the operator's after the sixth time", async () => {
    expect((await failureOf(6, passing)).nonRetryable).toBe(true)
  })

  it('that only the operator can mend is not tried again', async () => {
    const lasting = new QuorateError('SUDO_DENIED', 'ops may not sudo', { host: 'w1' })
    expect((await failureOf(1, lasting)).nonRetryable).toBe(true)
    expect((await failureOf(1, passing)).nonRetryable).toBe(false)
  })
})
