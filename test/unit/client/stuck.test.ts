import { describe, expect, it } from 'vitest'
import { TASK_QUEUE } from '../../../src/operations/task-queue.js'
import { VERSION } from '../../../src/temporal/installation.js'
import { needsOtherWorker, stuckError, whyStuck } from '../../../src/client/stuck.js'
import { aSnapshot } from '../cli/snapshots.js'

const taskFailure = { cause: 'Nondeterminism error', attempts: 7, worker: 'quorate-0.2.0@bastion:4711' }
const workers = [{ identity: 'quorate-0.2.0@bastion:4711', lastPollAgoMs: 12_000 }]
const failing = aSnapshot({ reach: 'failing', taskFailure, workers, startedWith: '0.1.0' })

describe('a run whose workflow task fails', () => {
  it('on a worker of another release names both releases, and the worker that it needs', () => {
    const stuck = needsOtherWorker(failing)
    expect(stuck?.message).toBe(
      'its workflow task fails on quorate-0.2.0@bastion:4711, tried 7 times: Nondeterminism error; Quorate 0.1.0 started the run, Quorate 0.2.0 works on it',
    )
    expect(stuck?.hint).toContain('`npx quorate@0.1.0 engine start`')
    expect(stuck?.hint).toContain('`quorate cancel --force prod`')
  })

  it('on a worker of its own release needs one that corrects it', () => {
    const stuck = needsOtherWorker({ ...failing, startedWith: '0.2.0' })
    expect(stuck?.hint).toContain('start workers of a release that corrects it')
    expect(stuck?.hint).toContain('`quorate cancel --force prod`')
  })

  it('is an error of its own', () => {
    expect(stuckError(failing, 'nothing was decided')).toMatchObject({
      code: 'RUN_STUCK',
      message: expect.stringMatching(/; nothing was decided$/) as string,
    })
  })
})

describe('a run that no worker answers for', () => {
  it('is of a worker that is busy or has ended, where one polled lately', () => {
    const snapshot = aSnapshot({ reach: 'busy', workers })
    expect(whyStuck(snapshot)?.message).toBe(
      'no worker answers: quorate-0.2.0@bastion:4711, which asked for work 12 s ago, is busy or has ended',
    )
    expect(needsOtherWorker(snapshot)).toBeUndefined()
    expect(stuckError(snapshot, 'nothing was decided').code).toBe('NO_WORKER')
  })

  it('waits for any worker where none polls, and tells why the last one failed', () => {
    const snapshot = aSnapshot({ reach: 'server', workers: [], taskFailure })
    expect(whyStuck(snapshot)?.message).toBe(
      'no worker is there for it; the last one failed: Nondeterminism error',
    )
    expect(needsOtherWorker(snapshot)).toBeUndefined()
  })

  it('waits for one of its own release where it is of another sequence', () => {
    const snapshot = aSnapshot({ reach: 'server', workers: [], taskQueue: 'quorate-0', startedWith: '0.0.9' })
    expect(needsOtherWorker(snapshot)?.message).toBe(
      `Quorate 0.0.9 started it, and workers of this release (${VERSION}) do not take it: it waits at quorate-0, they serve ${TASK_QUEUE}`,
    )
    expect(stuckError(snapshot, 'nothing was decided').code).toBe('RUN_STUCK')
  })
})

it.each(['worker', 'nobody'] as const)('is not stuck where it hears of %s', (reach) => {
  expect(whyStuck(aSnapshot({ reach }))).toBeUndefined()
})

it('is not stuck once it has ended', () => {
  expect(whyStuck(aSnapshot({ reach: 'server', state: 'done' }))).toBeUndefined()
})
