import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { ApplicationFailure } from '@temporalio/common'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withHeartbeat } from '../../../../src/activities/frame/frame.js'
import type { StepHeartbeat } from '../../../../src/operations/steps.js'
import { QuorateError } from '../../../../src/errors/index.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const MINUTE = 60_000

interface Attempt {
  readonly failure: ApplicationFailure
  readonly heartbeat: StepHeartbeat
}

/** An attempt that goes on from such a heartbeat, takes so long, and ends in an error. */
async function attempt(heartbeatDetails: StepHeartbeat, error: Error, minutes = 0): Promise<Attempt> {
  const environment = new MockActivityEnvironment(
    { heartbeatDetails },
    { logger: new DefaultLogger('ERROR') },
  )
  let heartbeat = heartbeatDetails
  environment.on('heartbeat', (details: StepHeartbeat) => (heartbeat = details))
  const act = () => {
    vi.setSystemTime(Date.now() + minutes * MINUTE)
    return Promise.reject(error)
  }
  const failure: unknown = await environment
    .run(() => withHeartbeat('w1', act))
    .catch((failed: unknown) => failed)
  if (failure instanceof ApplicationFailure) return { failure, heartbeat }
  throw new Error('it did not fail as an application failure')
}

/** Attempts of these errors one after the other, until one is the last: how many there were. */
async function attemptsUntilParked(
  limit: number,
  nth: (number: number) => readonly [error: Error, minutes: number],
): Promise<number> {
  let heartbeat: StepHeartbeat = { host: 'w1', line: '', failures: 0 }
  for (let number = 1; number <= limit; number += 1) {
    const { failure, ...next } = await attempt(heartbeat, ...nth(number))
    if (failure.nonRetryable === true) return number
    heartbeat = next.heartbeat
  }
  return Infinity
}

/** What Temporal records when the step has ended in an error for the so many-th time. */
async function failureOf(failures: number, error: Error): Promise<ApplicationFailure> {
  return (await attempt({ host: 'w1', line: '', failures: failures - 1 }, error)).failure
}

const passing = new QuorateError('PACKAGES_FAILED', 'apt-get ended with 100', { host: 'w1' })

describe('an error in a step', () => {
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

  it('that only the operator can fix is not tried again', async () => {
    const lasting = new QuorateError('SUDO_DENIED', 'ops may not sudo', { host: 'w1' })
    expect((await failureOf(1, lasting)).nonRetryable).toBe(true)
    expect((await failureOf(1, passing)).nonRetryable).toBe(false)
  })
})

describe('an attempt that takes longer than ten minutes', () => {
  it('parks when the next one ends for the same reason, whatever numbers that names', async () => {
    const parked = await attemptsUntilParked(50, (number) => [
      new QuorateError('PACKAGES_FAILED', `process ${number} holds the lock`, { host: 'w1' }),
      11,
    ])
    expect(parked).toBe(2)
  })

  it('does not undo the count of the short ones before it', async () => {
    expect(await attemptsUntilParked(50, (number) => [passing, number === 6 ? 11 : 0])).toBe(6)
  })

  it('begins the count again after progress, which another reason is', async () => {
    const missing = (number: number) =>
      new QuorateError('IMAGES_FAILED', `no image ${String.fromCharCode(64 + number)}`, { host: 'w1' })
    expect(await attemptsUntilParked(12, (number) => [missing(number), 11])).toBe(Infinity)
  })

  it('begins the count again where a lost connection cut it off, but not for ever', async () => {
    const lost = new QuorateError('SSH_CONNECTION_LOST', 'the connection was lost', { host: 'w1' })
    expect(await attemptsUntilParked(12, () => [lost, 60])).toBe(Infinity)
    expect(await attemptsUntilParked(50, () => [lost, 60])).toBeLessThan(50)
  })

  it('ends as a failure that counts before Temporal takes its time for over', async () => {
    const environment = new MockActivityEnvironment(
      { startToCloseTimeoutMs: 30_050 },
      { logger: new DefaultLogger('ERROR') },
    )
    const failed = await environment
      .run(() =>
        withHeartbeat('w1', async (signal, report) => {
          report('waiting for the lock')
          await new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(new Error('cut off'))),
          )
        }),
      )
      .catch((failure: unknown) => failure)
    expect(failed).toMatchObject({
      type: 'STEP_TIMED_OUT',
      nonRetryable: false,
      message: expect.stringContaining('waiting for the lock') as string,
    })
  })
})
