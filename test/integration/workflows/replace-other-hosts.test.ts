import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import type { PlanResult } from '../../../src/operations/results.js'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../../support/clusters.js'
import { eventually } from '../../support/eventually.js'
import {
  failureOf,
  fakeActivities,
  hopeless,
  progressOf,
  startScripted,
} from '../../support/fake-activities.js'
import { ReplacedHost } from '../../support/replaced-host.js'
import { scriptedWorker, startTemporal } from '../../support/temporal.js'
import { begun, parkedAt, replacing, result, retry } from './replacing.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
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
    const { journal, outcome } = await replacing(temporal, host, { request }, (run) =>
      failureOf(run.result()),
    )
    expect(outcome.type).toBe('PREFLIGHT_FAILED')
    expect(JSON.stringify(outcome.details)).toContain(reason)
    expect(journal).toEqual([])
  })
})

it('a dead machine is taken out on the word of the operator, and the new one is waited for', async () => {
  const host = new ReplacedHost('cp2', 'silent')
  const { journal } = await replacing(temporal, host, { request: { isDead: true } }, async (run) => {
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
  const { outcome } = await replacing(temporal, host, { review: true }, async (run, all) => {
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
  await replacing(temporal, new ReplacedHost('cp2', 'reinstalled'), { replace: { lockHost } }, result)
  expect(locked.filter((one) => one.startsWith('cp2'))).toEqual(['cp2 fresh-cp2'])
  expect(locked).toHaveLength(6)
})

it('a run that finds the host locked by another changes nothing on it', async () => {
  const lockHost = (_: Cluster, host: Host) =>
    Promise.reject(hopeless('HOST_LOCKED', 'held by another', host.name))
  const { journal, outcome } = await replacing(
    temporal,
    new ReplacedHost('cp2', 'alive'),
    { replace: { lockHost } },
    (run) => failureOf(run.result()),
  )
  expect(outcome.type).toBe('HOST_LOCKED')
  expect(journal).toEqual([])
})

it('another worker goes on where one ended, while the machine is waited for', async () => {
  const host = new ReplacedHost('cp2', 'alive')
  const { journal, activities } = fakeActivities()
  const worker = () => scriptedWorker(temporal, { ...activities, ...host.hosts(activities) })
  const request = { host: 'cp2', isDead: false, inPlace: false, drain: DRAIN_DEFAULTS }
  const first = await worker()
  const run = await first.runUntil(async () => {
    const started = await startScripted(temporal, 'replace', host.cluster, { request, review: false })
    await parkedAt(started, 'new-machine/cp2')
    return started
  })
  host.reinstall()
  const next = await worker()
  const outcome = await next.runUntil(async () => {
    await parkedAt(run, 'new-machine/cp2')
    await retry(run)
    return result(run)
  })
  expect(outcome.how).toBe('replaced')
  expect(journal.filter((entry) => entry === 'reset cp2 begins')).toHaveLength(1)
})

it('an etcd host gets its member back, and API servers keep its endpoint meanwhile', async () => {
  const host = new ReplacedHost('e3', 'alive', aClusterWithEtcdHosts())
  const { journal } = await replacing(temporal, host, {}, async (run) => {
    await parkedAt(run, 'new-machine/e3')
    host.reinstall()
    await retry(run)
    return result(run)
  })
  expect(begun(journal)).toEqual([
    'snapshot e1 v1.36.3',
    'member e3',
    'reset e3',
    'give back e3',
    'prepare e3',
    'etcd e3 by e1',
    'verify e1,e2,e3,cp1,cp2,w1,lb1',
  ])
})

it('a fresh load balancer is configured, even if there is no other', async () => {
  const { journal } = await replacing(temporal, new ReplacedHost('lb1', 'reinstalled'), {}, result)
  expect(begun(journal)).toEqual(['lb1 → cp1,cp2,cp3', 'test from lb1', 'verify cp1,cp2,cp3,w1,w2,lb1'])
})
