import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { HostFacts } from '../../../src/facts/facts.js'
import type { ClusterPresence } from '../../../src/facts/standing.js'
import type { ResetRequest } from '../../../src/operations/input.js'
import { defined } from '../../../src/values/defined.js'
import { aCluster, aClusterWithEtcdHosts } from '../../support/clusters.js'
import { decide, failure, progressOf, result, untilParked, untilState } from '../../support/conversation.js'
import { eventually } from '../../support/eventually.js'
import { failing, fakeActivities } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { TemporalScene, type Follow, type Script } from '../../support/temporal-scene.js'
import { begun, begunOn, expectOrder } from './journal.js'

const temporal = TemporalScene.forFile()

interface Scene extends Script<'reset'> {
  readonly presence?: ClusterPresence
  readonly away?: ReadonlySet<string>
  readonly bare?: readonly string[]
  readonly facts?: Readonly<Record<string, Partial<HostFacts>>>
}

const ALL: ResetRequest = { hosts: [], all: true, confirmed: 'prod', packages: false }
const only = (...hosts: readonly string[]): ResetRequest => ({ hosts, all: false, packages: false })

/** Resets hosts of a finished cluster. */
function resetting<Outcome>(
  request: ResetRequest,
  { presence, away, bare = [], facts, activities, ...script }: Scene,
  follow: Follow<'reset', Outcome>,
) {
  const cluster = script.cluster ?? aCluster()
  const joined = joinedFacts(cluster, facts).filter(({ host }) => !bare.includes(host))
  const looks = finishedCluster(cluster, { facts: joined, ...defined({ presence, away }) })
  return temporal.run('reset', { request, activities: { ...looks, ...activities }, ...script }, follow)
}

describe('the end of a cluster', () => {
  it('stops every host before it erases any', async () => {
    const { journal, outcome } = await resetting(ALL, { cluster: aClusterWithEtcdHosts() }, result)
    expectOrder(journal, 'stop', 'reset')
    expect(outcome.hosts).toEqual(
      ['e1', 'e2', 'e3', 'cp1', 'cp2', 'w1', 'lb1'].map((name) => ({ name, how: 'reset', remains: [] })),
    )
  })

  it.each(['stop', 'reset'])('comes to those last that others need: %s', async (verb) => {
    const { journal } = await resetting(ALL, { cluster: aClusterWithEtcdHosts() }, result)
    const on = begunOn(journal, verb)
    expect([on.slice(0, 2), on.slice(2, 4), on.slice(4)].map((group) => group.toSorted())).toEqual([
      ['lb1', 'w1'],
      ['cp1', 'cp2'],
      ['e1', 'e2', 'e3'],
    ])
    expectOrder(journal, `${verb} w1`, `${verb} cp1`)
    expectOrder(journal, `${verb} cp2`, `${verb} e1`)
  })

  it('gives each host back once it is erased, and releases the locks last', async () => {
    const { journal } = await resetting(ALL, {}, result)
    expectOrder(journal, 'reset w1', 'give back w1')
    expectOrder(journal, 'look at', 'release')
    expect(begunOn(journal, 'release')).toHaveLength(6)
  })

  it('needs neither membership nor nodes', async () => {
    const { journal } = await resetting(ALL, {}, result)
    expect(journal.filter((entry) => /^(member|drain|delete) /.test(entry))).toEqual([])
  })

  it('needs its name', async () => {
    const { journal, outcome } = await resetting({ ...ALL, confirmed: 'test' }, {}, failure)
    expect(outcome.type).toBe('RESET_REFUSED')
    expect(journal).toEqual([])
  })

  it('goes on where it stopped, when its control planes are bare already', async () => {
    const bare = ['cp1', 'cp2', 'cp3', 'w1']
    const { journal, outcome } = await resetting(ALL, { presence: { kind: 'absent' }, bare }, result)
    expect(begunOn(journal, 'reset').toSorted()).toEqual(['lb1', 'w2'])
    expect(outcome.hosts.filter(({ how }) => how === 'bare').map(({ name }) => name)).toEqual(bare)
  })

  it('removes packages if that was asked for, before a host is given back', async () => {
    const { journal } = await resetting({ ...ALL, packages: true }, {}, result)
    expectOrder(journal, 'packages off w1', 'give back w1')
  })

  it('names what a last look still finds', async () => {
    const lookForRemains = (_: Cluster, { name }: Host) =>
      Promise.resolve({ changed: false, summary: '', remains: name === 'w1' ? ['/var/lib/cni'] : [] })
    const { outcome } = await resetting(ALL, { activities: { lookForRemains } }, result)
    expect(outcome.hosts).toContainEqual({ name: 'w1', how: 'reset', remains: ['/var/lib/cni'] })
    expect(outcome.warnings).toContain('w1 still has /var/lib/cni')
  })
})

describe('a host that is away when its cluster ends', () => {
  it('is parked before a control plane is stopped or anything is deleted', async () => {
    const { outcome } = await resetting(ALL, { away: new Set(['w2']) }, async (run, journal) => {
      const parked = await untilParked(run, 'stop/w2')
      await eventually(() => journal.includes('stop w1 ends'), 'the others are stopped')
      const before = [...journal]
      await decide(run, 'abort')
      await failure(run)
      return { parked, before }
    })
    expect(outcome.parked?.onSkip).toContain('claim')
    expect(begunOn(outcome.before, 'stop')).not.toContain('cp1')
    expect(begunOn(outcome.before, 'reset')).toEqual([])
  })

  it('may be left out: it is named, and nothing is done to it', async () => {
    const { journal, outcome } = await resetting(ALL, { away: new Set(['w2']) }, async (run) => {
      await untilParked(run, 'stop/w2')
      await decide(run, 'skipStep', { step: 'stop/w2', reason: 'burnt' })
      return result(run)
    })
    expect(outcome.skipped).toEqual([{ step: 'stop/w2', host: 'w2', reason: 'burnt' }])
    expect(outcome.hosts.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'lb1'])
    expect(journal.filter((entry) => entry.includes(' w2 '))).toEqual([])
  })

  it('is reset like the others once it answers, and released', async () => {
    const away = new Set(['w2'])
    const { journal, outcome } = await resetting(ALL, { away }, async (run) => {
      await untilParked(run, 'stop/w2')
      away.delete('w2')
      await decide(run, 'retryStep')
      return result(run)
    })
    expect(outcome.hosts).toHaveLength(6)
    expect(journal).toEqual(expect.arrayContaining(['give back w2 ends', 'release w2 ends']))
  })

  it('is parked again if another machine answers then', async () => {
    const away = new Set(['w2'])
    const scene = { away, facts: { w2: { claimedBy: 'other' } } }
    const { journal, outcome } = await resetting(ALL, scene, async (run) => {
      await untilParked(run, 'stop/w2')
      away.delete('w2')
      await decide(run, 'retryStep')
      await eventually(
        async () => (await progressOf(run)).blocked.some(({ error }) => error.code === 'FOREIGN_CLUSTER'),
        'the foreign host is parked',
      )
      await decide(run, 'skipStep', { step: 'stop/w2', reason: 'not ours' })
      return result(run)
    })
    expect(outcome.skipped).toMatchObject([{ host: 'w2' }])
    expect(begunOn(journal, 'stop')).not.toContain('w2')
  })
})

describe('a step that fails', () => {
  it('of a worker keeps the control planes, until it is decided', async () => {
    const hosts = fakeActivities()
    const activities = { resetHost: failing(hosts.activities.resetHost, 'w1') }
    const { journal, outcome } = await resetting(ALL, { hosts, activities }, async (run) => {
      const { blocked } = await untilState(run, 'blocked')
      await decide(run, 'skipStep', { step: 'erase/w1', reason: 'its disk is broken' })
      return { blocked, ...(await result(run)) }
    })
    expect(outcome.blocked).toMatchObject([{ step: 'erase/w1' }])
    expect(outcome.skipped).toMatchObject([{ host: 'w1' }])
    expect(begunOn(journal, 'give back')).not.toContain('w1')
    expect(journal).toContain('give back cp1 ends')
  })
})

describe('the reset of single hosts', () => {
  const standing = standingOf(aCluster())
  const withoutW1 = present({ ...standing, nodes: standing.nodes.filter(({ name }) => name !== 'w1') })

  it('touches no other host', async () => {
    const { journal, outcome } = await resetting(only('w1'), { presence: withoutW1 }, result)
    expect(begun(journal).filter((step) => !step.includes('w1'))).toEqual([])
    expect(outcome.hosts).toEqual([{ name: 'w1', how: 'reset', remains: [] }])
  })

  it('waits for an approval', async () => {
    const { outcome } = await resetting(
      only('w1'),
      { presence: withoutW1, review: true },
      async (run, all) => {
        await untilState(run, 'blocked')
        const before = begun(all)
        await decide(run, 'approve')
        return { before, ...(await result(run)) }
      },
    )
    expect(outcome.before).toEqual([])
    expect(outcome.changed).toBe(true)
  })

  it('makes the cluster forget a machine that was removed and came back', async () => {
    const removed = [{ name: 'w1', machineId: 'machine-w1', removedAt: '2026-11-01T00:00:00Z' }]
    const { journal } = await resetting(only('w1'), { presence: present({ ...standing, removed }) }, result)
    expectOrder(journal, 'reset w1', 'delete w1')
    expectOrder(journal, 'delete w1', 'give back w1')
  })

  it('is refused for a living node before anything is changed', async () => {
    const { journal, outcome } = await resetting(only('w1'), {}, failure)
    expect(outcome.type).toBe('PREFLIGHT_FAILED')
    expect(JSON.stringify(outcome.details)).toContain('quorate remove w1')
    expect(begun(journal)).toEqual([])
  })

  it('is refused for a host of another cluster before anything is written to it, even a lock', async () => {
    const scene = { presence: withoutW1, facts: { w1: { claimedBy: 'other' } } }
    const { journal, outcome } = await resetting(only('w1'), scene, failure)
    expect(JSON.stringify(outcome.details)).toContain('FOREIGN_CLUSTER')
    expect(journal).toEqual([])
  })

  it('changes nothing on a bare host', async () => {
    const lockHost = () => Promise.resolve({ changed: false, summary: 'locked' })
    const scene = { presence: withoutW1, bare: ['w1'], review: true, activities: { lockHost } }
    const { journal, outcome } = await resetting(only('w1'), scene, result)
    expect(outcome).toMatchObject({ changed: false, hosts: [{ name: 'w1', how: 'bare' }] })
    expect(begun(journal)).toEqual([])
  })
})

it('a plan of the end of a cluster shows what is lost, and changes nothing', async () => {
  const request = { reset: { hosts: [], all: true, packages: false } }
  const activities = finishedCluster(aCluster())
  const { journal, outcome: plan } = await temporal.run('plan', { request, activities }, result)
  expect(plan.warnings).toContain('lost with it: 4 workloads with 12 pods')
  expect(plan.changes.map(({ host }) => host)).toContain('cp1')
  expect(journal).toEqual([])
})
