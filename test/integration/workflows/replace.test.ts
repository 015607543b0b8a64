import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Activities } from '../../../src/activities/index.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import type { ReplaceRequest } from '../../../src/operations/input.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import type { PlanResult, ReplaceResult } from '../../../src/operations/results.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { eventually } from '../../support/eventually.js'
import {
  failing,
  failureOf,
  fakeActivities,
  hopeless,
  progressOf,
  startScripted,
} from '../../support/fake-activities.js'
import { ReplacedHost } from '../../support/replaced-host.js'
import { scriptedWorker, startTemporal } from '../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

interface Scene {
  readonly cluster?: Cluster
  readonly replace?: Partial<Record<keyof Activities, (...args: never[]) => Promise<unknown>>>
  readonly request?: Partial<ReplaceRequest>
  readonly review?: boolean
}

/** Replaces a host of a finished cluster, and gives what `act` makes of the run. */
async function replacing<Result>(
  host: ReplacedHost,
  { replace = {}, request = {}, review = false }: Scene,
  act: (run: WorkflowHandle, journal: readonly string[]) => Promise<Result>,
): Promise<{ readonly journal: readonly string[]; readonly outcome: Result }> {
  const { journal, activities } = fakeActivities()
  const worker = await scriptedWorker(temporal, { ...activities, ...host.hosts(activities), ...replace })
  const asked: ReplaceRequest = {
    host: host.name,
    isDead: false,
    inPlace: false,
    drain: DRAIN_DEFAULTS,
    ...request,
  }
  const outcome = await worker.runUntil(async () => {
    const run = await startScripted(temporal, 'replace', host.cluster, { request: asked, review })
    return act(run, journal)
  })
  return { journal: journal.filter((entry) => !/^(?:lock|release) /.test(entry)), outcome }
}

const result = (run: WorkflowHandle) => run.result() as Promise<ReplaceResult>

async function parkedAt(run: WorkflowHandle, step: string) {
  const isParked = async () => (await progressOf(run)).blocked.some((one) => one.step === step)
  await eventually(isParked, `${step} is parked`)
  return (await progressOf(run)).blocked[0]
}

const retry = (run: WorkflowHandle) => run.executeUpdate(MESSAGES.retryStep.name, { args: [{}] })

/** The order of the beginnings, without the names of those through whom it happens. */
const begun = (journal: readonly string[]) =>
  journal
    .filter((entry) => entry.endsWith(' begins'))
    .map((entry) => entry.replace(/(?: via \w+)? begins$/, ''))

const LEAVES = (name: string, others: string) => [
  `drain ${name}`,
  `lb1 → ${others}`,
  `member ${name}`,
  `reset ${name}`,
  `delete ${name}`,
  `give back ${name}`,
]
const JOINS = (name: string) => [
  `prepare ${name}`,
  `test from ${name}`,
  `join ${name}`,
  'lb1 → cp1,cp2,cp3',
  'cluster DNS',
  'verify cp1,cp2,cp3,w1,w2,lb1',
]

describe('a replacement of a machine that is alive', () => {
  it('takes it out, waits until it is reinstalled, and lets the new one join, each in its order', async () => {
    const host = new ReplacedHost('cp2', 'alive')
    const { journal, outcome } = await replacing(host, {}, async (run, all) => {
      const parked = await parkedAt(run, 'new-machine/cp2')
      const before = begun(all.filter((entry) => !/^(?:lock|release) /.test(entry)))
      host.reinstall()
      await retry(run)
      return { parked, before, ...(await result(run)) }
    })
    expect(outcome.parked?.error.code).toBe('MACHINE_AWAITED')
    expect(outcome.before).toEqual(['snapshot cp1 v1.36.3', ...LEAVES('cp2', 'cp1,cp3')])
    expect(begun(journal).slice(outcome.before.length)).toEqual(JOINS('cp2'))
    expect(outcome).toMatchObject({
      changed: true,
      how: 'replaced',
      machine: { old: 'machine-cp2', new: 'fresh-cp2' },
    })
  })

  it('waits on while the old machine answers, and while nothing does', async () => {
    const host = new ReplacedHost('cp2', 'alive')
    const { outcome } = await replacing(host, {}, async (run) => {
      const told = [(await parkedAt(run, 'new-machine/cp2'))?.error.message]
      host.vanish()
      await retry(run)
      await eventually(
        async () => (await progressOf(run)).blocked[0]?.error.message.includes('does not answer at') === true,
        'the silence is told',
      )
      told.push((await progressOf(run)).blocked[0]?.error.message)
      host.reinstall()
      await retry(run)
      await result(run)
      return told
    })
    expect(outcome).toEqual([
      expect.stringContaining('answers still: reinstall or exchange it now'),
      expect.stringContaining('the new machine does not answer at 192.0.2.12 yet'),
    ])
  })

  it('cannot be ended by a skip once the machine is out', async () => {
    const host = new ReplacedHost('cp2', 'alive')
    const { outcome } = await replacing(host, {}, async (run) => {
      const parked = await parkedAt(run, 'new-machine/cp2')
      await run.executeUpdate(MESSAGES.abort.name, { args: [{ reason: 'next week' }] })
      return { parked, failure: await failureOf(run.result()) }
    })
    expect(outcome.parked?.notSkippable).toContain('the cluster is whole without the host')
    expect(outcome.failure.type).toBe('OPERATION_ABORTED')
  })

  it('does not wait in place', async () => {
    const host = new ReplacedHost('w1', 'alive')
    const { journal, outcome } = await replacing(host, { request: { inPlace: true } }, result)
    expect(begun(journal)).toEqual([
      'drain w1',
      'reset w1',
      'delete w1',
      'give back w1',
      'prepare w1',
      'test from w1',
      'join w1',
      'cluster DNS',
      'verify cp1,cp2,cp3,w1,w2,lb1',
    ])
    expect(outcome.machine).toEqual({ old: 'machine-w1', new: 'machine-w1' })
  })

  it('keeps it if the operator decides so at a drain that is blocked', async () => {
    const host = new ReplacedHost('w1', 'alive')
    const { activities } = fakeActivities()
    const replace = { drainNode: failing(activities.drainNode, 'w1') }
    const { journal, outcome } = await replacing(host, { replace }, async (run) => {
      await parkedAt(run, 'drain/w1')
      await run.executeUpdate(MESSAGES.skipStep.name, { args: [{ step: 'drain/w1', reason: 'needed' }] })
      return result(run)
    })
    expect(outcome.how).toBe('kept')
    expect(journal).toContain('keep w1 ends')
    expect(journal).not.toContain('prepare w1 begins')
  })
})

describe('a replacement of a machine that was reinstalled before', () => {
  it.each(['cp1', 'cp2', 'cp3'])('never initialises %s, and never waits', async (name) => {
    const { journal } = await replacing(new ReplacedHost(name, 'reinstalled'), {}, result)
    const others = ['cp1', 'cp2', 'cp3'].filter((one) => one !== name).join()
    expect(begun(journal)).toEqual([
      `snapshot ${name === 'cp1' ? 'cp2' : 'cp1'} v1.36.3`,
      ...LEAVES(name, others).filter((step) => !/^(?:reset|give back)/.test(step)),
      ...JOINS(name),
    ])
  })

  it('goes on with the join alone where an earlier one had taken the old machine out', async () => {
    const host = new ReplacedHost('cp2', 'reinstalled')
    host.leave()
    const { journal } = await replacing(host, {}, result)
    expect(begun(journal)).toEqual(JOINS('cp2'))
  })

  it('waits where the new host key is not known, and says where it belongs', async () => {
    const host = new ReplacedHost('cp2', 'key-changed')
    const { outcome } = await replacing(host, {}, async (run) => {
      const parked = await parkedAt(run, 'new-machine/cp2')
      host.reinstall()
      await retry(run)
      await result(run)
      return parked
    })
    expect(outcome?.error.code).toBe('SSH_HOST_KEY_CHANGED')
    expect(outcome?.error.hint).toContain('/home/ops/.ssh/known_hosts is read again')
  })

  it('parks with everything that makes the new machine unfit, and goes on once that is fixed', async () => {
    const host = new ReplacedHost('cp2', 'alive')
    const { outcome } = await replacing(host, {}, async (run) => {
      await parkedAt(run, 'new-machine/cp2')
      host.reinstall({ freeMiB: 10 })
      await retry(run)
      await eventually(
        async () => (await progressOf(run)).blocked[0]?.error.code === 'PREFLIGHT_FAILED',
        'the problem is told',
      )
      const { blocked } = await progressOf(run)
      host.reinstall()
      await retry(run)
      return { blocked, ...(await result(run)) }
    })
    expect(outcome.blocked[0]?.error.problems).toMatchObject([{ host: 'cp2' }])
    expect(outcome.how).toBe('replaced')
  })
})

describe('a replacement is refused before anything is changed', () => {
  it.each([
    ['a machine that does not answer', new ReplacedHost('cp2', 'silent'), {}, '--dead'],
    [
      'a living machine that is said to be dead',
      new ReplacedHost('cp2', 'alive'),
      { isDead: true },
      'it answers',
    ],
    [
      'the only control plane',
      new ReplacedHost('cp1', 'alive', aCluster({ hosts: ['cp1', 'w1', 'lb1'].map((name) => aHost(name)) })),
      {},
      'no control plane would be left',
    ],
  ] as const)('for %s', async (_, host, request, reason) => {
    const { journal, outcome } = await replacing(host, { request }, (run) => failureOf(run.result()))
    expect(outcome.type).toBe('PREFLIGHT_FAILED')
    expect(JSON.stringify(outcome.details)).toContain(reason)
    expect(journal).toEqual([])
  })
})

it('a dead machine is taken out on the word of the operator, and the new one is waited for', async () => {
  const host = new ReplacedHost('cp2', 'silent')
  const { journal } = await replacing(host, { request: { isDead: true } }, async (run) => {
    await parkedAt(run, 'new-machine/cp2')
    host.reinstall()
    await retry(run)
    return result(run)
  })
  expect(begun(journal)).not.toContain('reset cp2')
  expect(begun(journal)).toEqual(expect.arrayContaining(['delete cp2', 'join cp2']))
})

it('changes nothing without an approval', async () => {
  const host = new ReplacedHost('w1', 'reinstalled')
  const { outcome } = await replacing(host, { review: true }, async (run, all) => {
    await eventually(async () => (await progressOf(run)).approval !== undefined, 'the plan is shown')
    const before = all.filter((entry) => !entry.startsWith('lock'))
    await run.executeUpdate(MESSAGES.approve.name)
    return { before, ...(await result(run)) }
  })
  expect(outcome).toMatchObject({ before: [], how: 'replaced' })
})

it('a plan of a replacement shows what it would change, and changes nothing', async () => {
  const { journal, activities } = fakeActivities()
  const host = new ReplacedHost('cp2', 'alive')
  const worker = await scriptedWorker(temporal, { ...activities, ...host.hosts(activities) })
  const request = { replace: { host: 'cp2', isDead: false, inPlace: false, drain: DRAIN_DEFAULTS } }
  const plan = await worker.runUntil(
    async () =>
      (await startScripted(temporal, 'plan', host.cluster, { request })).result() as Promise<PlanResult>,
  )
  expect(plan.changes.map(({ phase }) => phase)).toContain('New machine')
  expect(plan.warnings).toContainEqual(expect.stringContaining('none of them may fail'))
  expect(journal).toEqual([])
})

it('every host is locked while it is changed, the new machine too', async () => {
  const locked: string[] = []
  const lockHost = (_: Cluster, host: Host) => {
    locked.push(`${host.name} ${host.machineId ?? ''}`)
    return Promise.resolve({ changed: false, summary: 'locked' })
  }
  await replacing(new ReplacedHost('cp2', 'reinstalled'), { replace: { lockHost } }, result)
  expect(locked.filter((one) => one.startsWith('cp2'))).toEqual(['cp2 fresh-cp2'])
  expect(locked).toHaveLength(6)
})

it('a run that finds the host locked by another changes nothing on it', async () => {
  const lockHost = (_: Cluster, host: Host) =>
    Promise.reject(hopeless('HOST_LOCKED', 'held by another', host.name))
  const { journal, outcome } = await replacing(
    new ReplacedHost('cp2', 'alive'),
    { replace: { lockHost } },
    (run) => failureOf(run.result()),
  )
  expect(outcome.type).toBe('HOST_LOCKED')
  expect(journal).toEqual([])
})
