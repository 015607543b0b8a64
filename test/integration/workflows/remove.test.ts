import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import type { RemoveRequest } from '../../../src/operations/input.js'
import type { PlanResult, RemoveResult } from '../../../src/operations/results.js'
import { aCluster, aClusterWithEtcdHosts, aHost, bareFacts } from '../../support/clusters.js'
import { eventually } from '../../support/eventually.js'
import {
  failing,
  failureOf,
  fakeActivities,
  hopeless,
  progressOf,
  startScripted,
} from '../../support/fake-activities.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { scriptedWorker, startTemporal, type ScriptedActivities } from '../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

interface Scene {
  readonly cluster?: Cluster
  readonly away?: readonly string[]
  readonly dead?: readonly string[]
  readonly replace?: ScriptedActivities
  readonly review?: boolean
}

/** Removes hosts of a finished cluster, and gives what `act` makes of the run. */
async function removing<Result>(
  hosts: readonly string[],
  { cluster = aCluster(), away = [], dead = [], replace = {}, review = false }: Scene,
  act: (run: WorkflowHandle, journal: readonly string[]) => Promise<Result>,
): Promise<{ readonly journal: readonly string[]; readonly outcome: Result }> {
  const { journal, activities } = fakeActivities()
  const facts = joinedFacts(cluster)
  const gatherFacts = (_: Cluster, { name }: Host) =>
    away.includes(name)
      ? Promise.reject(hopeless('SSH_UNREACHABLE', 'no answer', name))
      : Promise.resolve(facts.find(({ host }) => host === name) ?? bareFacts(name))
  const readStanding = () => Promise.resolve(present(standingOf(cluster)))
  const worker = await scriptedWorker(temporal, { ...activities, gatherFacts, readStanding, ...replace })
  const request: RemoveRequest = { hosts, dead, drain: DRAIN_DEFAULTS }
  const outcome = await worker.runUntil(async () => {
    const run = await startScripted(temporal, 'remove', cluster, { request, review })
    return act(run, journal)
  })
  return { journal: journal.filter((entry) => !/^(?:lock|release) /.test(entry)), outcome }
}

const result = (run: WorkflowHandle) => run.result() as Promise<RemoveResult>

/** The order of the beginnings, without the names of those through whom it happens. */
const begun = (journal: readonly string[]) =>
  journal
    .filter((entry) => entry.endsWith(' begins'))
    .map((entry) => entry.replace(/(?: via \w+)? begins$/, ''))

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
    const { journal, outcome } = await removing(['w1'], { away: ['w1'], dead: ['w1'] }, result)
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
    const scene = { cluster: aCluster({ hosts }), away: ['cp5'], dead: ['cp5'] }
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
    const gatherFacts = (_: Cluster, { name }: Host) =>
      Promise.resolve(facts.find(({ host }) => host === name))
    const { journal } = await removing(['e3'], { cluster, replace: { gatherFacts } }, result)
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
      await eventually(async () => (await progressOf(run)).approval !== undefined, 'the plan is shown')
      const before = all.filter((entry) => !entry.startsWith('lock'))
      await run.executeUpdate(MESSAGES.approve.name)
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
    const facts = joinedFacts(cluster).map((one) => (one.host === 'w1' ? bareFacts('w1') : one))
    const replace = {
      readStanding: () => Promise.resolve(present({ ...standing, nodes })),
      gatherFacts: (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name)),
      lockHost: () => Promise.resolve({ changed: false, summary: 'locked' }),
      verifyCluster: async (whole: Cluster) => ({ ...(await verifyCluster(whole)), changed: false }),
    }
    const { journal, outcome } = await removing(['w1'], { cluster, replace, review: true }, result)
    expect(outcome).toMatchObject({ changed: false, hosts: [{ name: 'w1', how: 'gone' }] })
    expect({ seen, begun: begun(journal) }).toEqual({ seen: ['cp1,cp2,cp3,w2,lb1'], begun: [] })
  })

  it('is refused before anything is changed, with the reason', async () => {
    const cluster = aCluster({ hosts: ['cp1', 'w1', 'lb1'].map((name) => aHost(name)) })
    const { journal, outcome } = await removing(['cp1'], { cluster }, (run) => failureOf(run.result()))
    expect(outcome.type).toBe('PREFLIGHT_FAILED')
    expect(JSON.stringify(outcome.details)).toContain('no control plane would be left')
    expect(journal).toEqual([])
  })

  it('parks a drain that is blocked; skipping it keeps the host, and the others leave', async () => {
    const { activities } = fakeActivities()
    const replace = { drainNode: failing(activities.drainNode, 'w1') }
    const { journal, outcome } = await removing(['w1', 'w2'], { replace }, async (run) => {
      await eventually(async () => (await progressOf(run)).blocked.length > 0, 'the drain is parked')
      await run.executeUpdate(MESSAGES.skipStep.name, { args: [{ step: 'drain/w1', reason: 'needed' }] })
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
    const { activities } = fakeActivities()
    const replace = { resetHost: failing(activities.resetHost, 'cp1') }
    const { outcome } = await removing(['cp1'], { replace }, async (run) => {
      await eventually(async () => (await progressOf(run)).blocked.length > 0, 'the reset is parked')
      const { blocked } = await progressOf(run)
      await run.executeUpdate(MESSAGES.retryStep.name, { args: [{}] })
      await run.result()
      return blocked
    })
    expect(outcome).toMatchObject([
      { step: 'reset/cp1', notSkippable: expect.stringContaining('--dead') as string },
    ])
  })
})

it('a plan of a removal shows what it would change, and changes nothing', async () => {
  const { journal, activities } = fakeActivities()
  const cluster = aCluster()
  const facts = joinedFacts(cluster)
  const worker = await scriptedWorker(temporal, {
    ...activities,
    gatherFacts: (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name)),
    readStanding: () => Promise.resolve(present(standingOf(cluster))),
  })
  const request = { remove: { hosts: ['w1'], dead: [], drain: DRAIN_DEFAULTS } }
  const plan = await worker.runUntil(
    async () => (await startScripted(temporal, 'plan', cluster, { request })).result() as Promise<PlanResult>,
  )
  expect(plan.changes.map(({ host, phase }) => `${host}: ${phase}`)).toEqual([
    'w1: Drain',
    'w1: Reset',
    'w1: Nodes',
    'w1: Claims',
  ])
  expect(journal).toEqual([])
})
