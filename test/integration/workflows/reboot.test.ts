import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import type { RebootRequest } from '../../../src/operations/reboot/request.js'
import type { RebootResult } from '../../../src/operations/results.js'
import type { WindowLook } from '../../../src/values/window.js'
import { aCluster } from '../../support/clusters.js'
import { eventually } from '../../support/eventually.js'
import {
  failureOf,
  fakeActivities,
  hopeless,
  progressOf,
  startScripted,
} from '../../support/fake-activities.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { scriptedWorker, startTemporal, type ScriptedActivities } from '../../support/temporal.js'
import { refusalOf, untilBlocked } from './parked-applies.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

type Fakes = ReturnType<typeof fakeActivities>['activities']
const result = (run: WorkflowHandle) => run.result() as Promise<RebootResult>

/** Reboots hosts of a running cluster. */
async function rebooting<Result>(
  request: Partial<RebootRequest>,
  act: (run: WorkflowHandle, journal: readonly string[]) => Promise<Result>,
  replace: (fakes: Fakes) => ScriptedActivities = () => ({}),
): Promise<{ readonly journal: readonly string[]; readonly outcome: Result }> {
  const cluster = aCluster()
  const { journal, activities } = fakeActivities()
  const facts = joinedFacts(cluster)
  const gatherFacts = (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name))
  const readStanding = () => Promise.resolve(present(standingOf(cluster)))
  const worker = await scriptedWorker(temporal, {
    ...activities,
    gatherFacts,
    readStanding,
    ...replace(activities),
  })
  const outcome = await worker.runUntil(async () => {
    const all: RebootRequest = {
      hosts: [],
      required: false,
      drain: DRAIN_DEFAULTS,
      returnTimeoutMs: 600_000,
      windows: [],
      ...request,
    }
    const run = await startScripted(temporal, 'reboot', cluster, { request: all, review: false })
    return act(run, journal)
  })
  return { journal, outcome }
}

const steps = (journal: readonly string[]) =>
  journal
    .filter((entry) => !/^(lock|release) /.test(entry) && entry.endsWith(' begins'))
    .map((e) => e.slice(0, -7))
const at = (journal: readonly string[], entry: string) => {
  expect(journal).toContain(entry)
  return journal.indexOf(entry)
}

/** A host that does not come back, as often as is said. */
function notBack(fakes: Fakes, where: string, times = 1): ScriptedActivities {
  let left = times
  return {
    rebootHost: (cluster: Cluster, host: Host) => {
      if (host.name !== where || left === 0) return fakes.rebootHost(cluster, host)
      left -= 1
      return Promise.reject(hopeless('HOST_NOT_BACK', 'it is not back after 10 min', where))
    },
  }
}

describe('a reboot', () => {
  it('takes one control plane after the other out of the balancers, and comes to balancers last', async () => {
    const { journal, outcome } = await rebooting({}, result)
    expect(steps(journal)).toEqual([
      ...['lb1 → cp2,cp3', 'reboot cp1', 'lb1 → cp1,cp2,cp3'],
      ...['lb1 → cp1,cp3', 'reboot cp2', 'lb1 → cp1,cp2,cp3'],
      ...['lb1 → cp1,cp2', 'reboot cp3', 'lb1 → cp1,cp2,cp3'],
      ...['reboot w1', 'reboot w2', 'reboot lb1'],
    ])
    expect(at(journal, 'reboot w1 ends')).toBeLessThan(at(journal, 'reboot w2 begins'))
    expect(outcome.hosts.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1'])
  })

  it('takes as many workers at once as is allowed', async () => {
    const { journal } = await rebooting({ hosts: ['w1', 'w2'], maxUnavailable: '2' }, result)
    expect(at(journal, 'reboot w2 begins')).toBeLessThan(at(journal, 'reboot w1 ends'))
  })

  it('begins no other host while one is not back, and sends it no requests; a retry knows which boot was to end', async () => {
    const asked: unknown[] = []
    const { journal } = await rebooting(
      {},
      async (run, sofar) => {
        const { blocked } = await untilBlocked(run)
        expect(blocked.map(({ step, error }) => [step, error.code])).toEqual([
          ['control-plane-reboots/cp2', 'HOST_NOT_BACK'],
        ])
        expect(blocked[0]?.notSkippable).toContain('no other host is rebooted before it is back')
        expect(steps(sofar).at(-1)).toBe('lb1 → cp1,cp3')
        await run.executeUpdate(MESSAGES.retryStep, { args: [{}] })
        return result(run)
      },
      (fakes) => {
        const { rebootHost } = notBack(fakes, 'cp2') as Pick<Fakes, 'rebootHost'>
        return {
          readBoot: (cluster: Cluster, host: Host) => {
            asked.push(host.name)
            return fakes.readBoot(cluster, host)
          },
          rebootHost,
        }
      },
    )
    expect(asked).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1'])
    expect(steps(journal).slice(3, 7)).toEqual([
      'lb1 → cp1,cp3',
      'lb1 → cp1,cp3',
      'reboot cp2',
      'lb1 → cp1,cp2,cp3',
    ])
  })

  it('goes on without a worker that is skipped, and leaves it cordoned', async () => {
    const { journal, outcome } = await rebooting(
      {},
      async (run) => {
        const { blocked } = await untilBlocked(run)
        expect(blocked[0]?.onSkip).toBe('leaves it cordoned, until it is rebooted again')
        await run.executeUpdate(MESSAGES.skipStep, {
          args: [{ step: 'worker-reboots/w1', reason: 'its disk is gone' }],
        })
        return result(run)
      },
      (fakes) => notBack(fakes, 'w1'),
    )
    expect(steps(journal).slice(-2)).toEqual(['reboot w2', 'reboot lb1'])
    expect(outcome.skipped.map(({ host }) => host)).toEqual(['w1'])
  })

  it('ends with an abort, though other hosts still wait for their turn', async () => {
    const { journal, outcome } = await rebooting(
      {},
      async (run) => {
        await untilBlocked(run)
        const failed = failureOf(run.result())
        await run.executeUpdate(MESSAGES.abort, { args: [{}] })
        return (await failed).type
      },
      (fakes) => notBack(fakes, 'cp1'),
    )
    expect(outcome).toBe('OPERATION_ABORTED')
    expect(steps(journal)).toEqual(['lb1 → cp2,cp3'])
    expect(journal).toContain('release w2 ends')
  })
})

const CLOSED: WindowLook = {
  isOpen: false,
  opensAt: Date.parse('2036-01-05T00:00:00Z'),
  opens: 'Sat 2036-01-05 01:00 Europe/Berlin',
}
const NIGHT: Partial<RebootRequest> = { hosts: ['w1', 'w2'], windows: ['Sat 01:00-05:00 Europe/Berlin'] }

/** Closed as often as is said, then open. */
function closed(fakes: Fakes, times: number, look: WindowLook = CLOSED): ScriptedActivities {
  let left = times
  return {
    lookAtWindows: () => {
      left -= 1
      return left < 0 ? fakes.lookAtWindows() : Promise.resolve(look)
    },
  }
}

async function untilWaiting(run: WorkflowHandle) {
  await eventually(async () => (await progressOf(run)).window !== undefined, 'the run waits for its window')
  return progressOf(run)
}

describe('a window', () => {
  it('is looked at before each host', async () => {
    const { journal } = await rebooting(NIGHT, result)
    expect(steps(journal)).toEqual(['reboot w1', 'reboot w2'])
  })

  it('keeps hosts from being begun, and says until when', async () => {
    const { journal } = await rebooting(
      NIGHT,
      async (run, sofar) => {
        const { state, blockedOn } = await untilWaiting(run)
        expect({ state, blockedOn }).toEqual({
          state: 'waiting',
          blockedOn: 'window until Sat 2036-01-05 01:00 Europe/Berlin',
        })
        expect(steps(sofar)).toEqual([])
        await run.executeUpdate(MESSAGES.overrideWindow)
        return result(run)
      },
      (fakes) => closed(fakes, 99),
    )
    expect(steps(journal)).toEqual(['reboot w1', 'reboot w2'])
  })

  it('opens by itself, and is looked at again then', async () => {
    const { journal } = await rebooting(NIGHT, result, (fakes) =>
      closed(fakes, 2, { ...CLOSED, opensAt: Date.now() + 500 }),
    )
    expect(steps(journal)).toEqual(['reboot w1', 'reboot w2'])
  })

  it('can be aborted while it is closed, and overridden only then', async () => {
    const { outcome } = await rebooting(
      NIGHT,
      async (run) => {
        await untilWaiting(run)
        const failed = failureOf(run.result())
        await run.executeUpdate(MESSAGES.abort, { args: [{}] })
        return (await failed).type
      },
      (fakes) => closed(fakes, 99),
    )
    expect(outcome).toBe('OPERATION_ABORTED')
    await rebooting(
      {},
      async (run) => {
        await untilBlocked(run)
        expect(await refusalOf(run.executeUpdate(MESSAGES.overrideWindow))).toBe('OPERATION_NOT_BLOCKED')
        await run.executeUpdate(MESSAGES.retryStep, { args: [{}] })
        await result(run)
      },
      (fakes) => notBack(fakes, 'cp1'),
    )
  })
})
