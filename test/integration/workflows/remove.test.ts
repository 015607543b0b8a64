import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../src/cluster/model.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../../support/clusters.js'
import { decide, failure, result, untilParked, untilState } from '../../support/conversation.js'
import { failing, fakeActivities } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { TemporalScene, type Follow, type Script } from '../../support/temporal-scene.js'
import { begun } from './journal.js'

const temporal = TemporalScene.forFile()

interface Removal extends Omit<Script<'remove'>, 'request'> {
  readonly dead?: readonly string[]
}

/** Removes hosts of a finished cluster; dead ones do not answer. */
function removing<Outcome>(
  hosts: readonly string[],
  { dead = [], activities, ...script }: Removal,
  follow: Follow<'remove', Outcome>,
) {
  const looks = finishedCluster(script.cluster ?? aCluster(), { away: new Set(dead) })
  const request = { hosts, dead, drain: DRAIN_DEFAULTS }
  return temporal.run('remove', { request, activities: { ...looks, ...activities }, ...script }, follow)
}

describe('a removal', () => {
  it('takes a control plane from the balancers, then from etcd, and only then resets it; its node goes last', async () => {
    const { journal, outcome } = await removing(['cp1'], {}, result)
    expect(begun(journal)).toEqual([
      'drain cp1',
      'lb1 → cp2,cp3',
      'member cp1',
      'reset cp1',
      'delete cp1',
      'give back cp1',
      'verify cp2,cp3,w1,w2,lb1',
    ])
    expect(outcome).toMatchObject({ changed: true, hosts: [{ name: 'cp1', how: 'removed' }] })
  })

  it('asks another control plane than the one that leaves', async () => {
    const { journal } = await removing(['cp1'], {}, result)
    expect(journal).toEqual(expect.arrayContaining(['drain cp1 via cp2 begins', 'member cp1 via cp2 begins']))
  })

  it('does nothing on a dead host', async () => {
    const { journal, outcome } = await removing(['w1'], { dead: ['w1'] }, result)
    expect(begun(journal)).toEqual(['drain w1', 'delete w1', 'verify cp1,cp2,cp3,w2,lb1'])
    expect(outcome.hosts).toEqual([{ name: 'w1', how: 'dead' }])
  })

  it('drains one node after the other', async () => {
    const { journal } = await removing(['w1', 'w2'], {}, result)
    expect(journal.filter((entry) => entry.startsWith('drain'))).toEqual([
      'drain w1 via cp1 begins',
      'drain w1 via cp1 ends',
      'drain w2 via cp1 begins',
      'drain w2 via cp1 ends',
    ])
  })

  it('takes members out one after the other, dead ones first', async () => {
    const hosts = ['cp1', 'cp2', 'cp3', 'cp4', 'cp5', 'w1', 'lb1'].map((name) => aHost(name))
    const scene = { cluster: aCluster({ hosts }), dead: ['cp5'] }
    const { journal } = await removing(['cp1', 'cp5'], scene, result)
    expect(journal.filter((entry) => entry.startsWith('member'))).toEqual([
      'member cp5 via cp2 begins',
      'member cp5 via cp2 ends',
      'member cp1 via cp2 begins',
      'member cp1 via cp2 ends',
    ])
  })

  it('moves API servers away from an etcd host before it is reset', async () => {
    const cluster = aClusterWithEtcdHosts()
    const etcdServers = cluster.etcd.topology === 'external' ? cluster.etcd.endpoints : []
    const facts = joinedFacts(cluster, { cp1: { etcdServers }, cp2: { etcdServers } })
    const activities = finishedCluster(cluster, { facts })
    const { journal } = await removing(['e3'], { cluster, activities }, result)
    expect(begun(journal)).toEqual([
      'member e3',
      'endpoints of cp1',
      'endpoints of cp2',
      'reset e3',
      'give back e3',
      'verify e1,e2,cp1,cp2,w1,lb1',
    ])
  })

  it('changes nothing without an approval', async () => {
    const { journal, outcome } = await removing(['w1'], { review: true }, async (run, all) => {
      await untilState(run, 'blocked')
      const before = begun(all)
      await decide(run, 'approve')
      return { before, ...(await result(run)) }
    })
    expect(outcome.before).toEqual([])
    expect(journal).toContain('delete w1 ends')
  })

  it('of a host that is gone changes nothing', async () => {
    const cluster = aCluster()
    const seen: string[] = []
    const verifyCluster = ({ hosts }: Cluster) => {
      seen.push(hosts.map(({ name }) => name).join())
      return Promise.resolve({ summary: 'whole', nodes: [], etcdMembers: [] })
    }
    const standing = standingOf(cluster)
    const nodes = standing.nodes.filter(({ name }) => name !== 'w1')
    const facts = joinedFacts(cluster).filter(({ host }) => host !== 'w1')
    const activities = {
      ...finishedCluster(cluster, { facts, presence: present({ ...standing, nodes }) }),
      lockHost: () => Promise.resolve({ changed: false, summary: 'locked' }),
      verifyCluster: async (whole: Cluster) => ({ ...(await verifyCluster(whole)), changed: false }),
    }
    const { journal, outcome } = await removing(['w1'], { activities, review: true }, result)
    expect(outcome).toMatchObject({ changed: false, hosts: [{ name: 'w1', how: 'gone' }] })
    expect({ seen, begun: begun(journal) }).toEqual({ seen: ['cp1,cp2,cp3,w2,lb1'], begun: [] })
  })

  it('is refused before anything is changed, with the reason', async () => {
    const cluster = aCluster({ hosts: ['cp1', 'w1', 'lb1'].map((name) => aHost(name)) })
    const { journal, outcome } = await removing(['cp1'], { cluster }, failure)
    expect(outcome.type).toBe('PREFLIGHT_FAILED')
    expect(JSON.stringify(outcome.details)).toContain('no control plane would be left')
    expect(begun(journal)).toEqual([])
  })

  it('parks a drain that is blocked; skipping it keeps the host, and the others leave', async () => {
    const hosts = fakeActivities()
    const activities = { drainNode: failing(hosts.activities.drainNode, 'w1') }
    const { journal, outcome } = await removing(['w1', 'w2'], { hosts, activities }, async (run) => {
      await untilParked(run, 'drain/w1')
      await decide(run, 'skipStep', { step: 'drain/w1', reason: 'needed' })
      return result(run)
    })
    expect(outcome).toMatchObject({
      hosts: [{ name: 'w2', how: 'removed' }],
      skipped: [{ step: 'drain/w1', reason: 'needed' }],
    })
    expect(journal).toContain('keep w1 ends')
    expect(journal).not.toContain('reset w1 begins')
  })

  it('cannot skip the reset of a host that is no member any more', async () => {
    const activities = { resetHost: failing(fakeActivities().activities.resetHost, 'cp1') }
    const { outcome } = await removing(['cp1'], { activities }, async (run) => {
      const parked = await untilParked(run, 'reset/cp1')
      await decide(run, 'retryStep')
      await run.result()
      return parked
    })
    expect(outcome?.notSkippable).toContain('--dead')
  })
})

it('a plan of a removal shows what it would change, and changes nothing', async () => {
  const request = { remove: { hosts: ['w1'], dead: [], drain: DRAIN_DEFAULTS } }
  const activities = finishedCluster(aCluster())
  const { journal, outcome: plan } = await temporal.run('plan', { request, activities }, result)
  expect(plan.changes.map(({ host, phase }) => `${host}: ${phase}`)).toEqual([
    'w1: Drain',
    'w1: Reset',
    'w1: Nodes',
    'w1: Claims',
  ])
  expect(journal).toEqual([])
})
