import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { ReplacedHost } from '../../support/replaced-host.js'
import { replacing, requestFor } from './replacing.js'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../../support/clusters.js'
import { decide, failure, result, untilParked, untilState } from '../../support/conversation.js'
import { fakeActivities, hopeless } from '../../support/fake-activities.js'
import { TemporalScene } from '../../support/temporal-scene.js'
import { begun } from './journal.js'

const temporal = TemporalScene.forFile()

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
    const { journal, outcome } = await replacing(temporal, host, { request }, failure)
    expect(outcome.type).toBe('PREFLIGHT_FAILED')
    expect(JSON.stringify(outcome.details)).toContain(reason)
    expect(begun(journal)).toEqual([])
  })
})

it('a dead machine is taken out on the word of the operator, and the new one is waited for', async () => {
  const host = new ReplacedHost('cp2', 'silent')
  const { journal } = await replacing(temporal, host, { request: { isDead: true } }, async (run) => {
    await untilParked(run, 'new-machine/cp2')
    host.reinstall()
    await decide(run, 'retryStep')
    return result(run)
  })
  expect(begun(journal)).not.toContain('reset cp2')
  expect(begun(journal)).toEqual(expect.arrayContaining(['delete cp2', 'join cp2']))
})

it('changes nothing without an approval', async () => {
  const host = new ReplacedHost('w1', 'reinstalled')
  const { outcome } = await replacing(temporal, host, { review: true }, async (run, all) => {
    await untilState(run, 'blocked')
    const before = begun(all)
    await decide(run, 'approve')
    return { before, ...(await result(run)) }
  })
  expect(outcome).toMatchObject({ before: [], how: 'replaced' })
})

it('a plan of a replacement shows what it would change, and changes nothing', async () => {
  const host = new ReplacedHost('cp2', 'alive')
  const hosts = fakeActivities()
  const activities = host.hosts(hosts.activities)
  const request = { replace: requestFor('cp2') }
  const { journal, outcome: plan } = await temporal.run('plan', { hosts, activities, request }, result)
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
  await replacing(temporal, new ReplacedHost('cp2', 'reinstalled'), { activities: { lockHost } }, result)
  expect(locked.filter((one) => one.startsWith('cp2'))).toEqual(['cp2 fresh-cp2'])
  expect(locked).toHaveLength(6)
})

it('a run that finds the host locked by another changes nothing on it', async () => {
  const lockHost = (_: Cluster, host: Host) =>
    Promise.reject(hopeless('HOST_LOCKED', 'held by another', host.name))
  const { journal, outcome } = await replacing(
    temporal,
    new ReplacedHost('cp2', 'alive'),
    { activities: { lockHost } },
    failure,
  )
  expect(outcome.type).toBe('HOST_LOCKED')
  expect(begun(journal)).toEqual([])
})

it('another worker goes on where one ended, while the machine is waited for', async () => {
  const host = new ReplacedHost('cp2', 'alive')
  const { journal, activities } = fakeActivities()
  const worker = () => temporal.worker({ ...activities, ...host.hosts(activities) })
  const request = requestFor('cp2')
  const first = await worker()
  const run = await first.runUntil(async () => {
    const started = await temporal.start('replace', host.cluster, { request })
    await untilParked(started, 'new-machine/cp2')
    return started
  })
  host.reinstall()
  const next = await worker()
  const outcome = await next.runUntil(async () => {
    await untilParked(run, 'new-machine/cp2')
    await decide(run, 'retryStep')
    return result(run)
  })
  expect(outcome.how).toBe('replaced')
  expect(journal.filter((entry) => entry === 'reset cp2 begins')).toHaveLength(1)
})

it('an etcd host gets its member back, and API servers keep its endpoint meanwhile', async () => {
  const host = new ReplacedHost('e3', 'alive', aClusterWithEtcdHosts())
  const { journal } = await replacing(temporal, host, {}, async (run) => {
    await untilParked(run, 'new-machine/e3')
    host.reinstall()
    await decide(run, 'retryStep')
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
