import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { HostFacts } from '../../../src/facts/facts.js'
import type { ClusterPresence } from '../../../src/facts/standing.js'
import type { ResetRequest } from '../../../src/operations/input.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import type { PlanResult, ResetResult } from '../../../src/operations/results.js'
import { aCluster, aClusterWithEtcdHosts, bareFacts } from '../../support/clusters.js'
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
  readonly presence?: ClusterPresence
  /** Hosts that are away until they are in `back`. */
  readonly away?: readonly string[]
  readonly back?: Set<string>
  readonly bare?: readonly string[]
  readonly facts?: Readonly<Record<string, Partial<HostFacts>>>
  readonly replace?: ScriptedActivities
  readonly review?: boolean
}

const ALL: ResetRequest = { hosts: [], all: true, confirmed: 'prod', packages: false }
const only = (...hosts: readonly string[]): ResetRequest => ({ hosts, all: false, packages: false })

/** Resets hosts of a finished cluster, and gives what `act` makes of the run. */
async function resetting<Result>(
  request: ResetRequest,
  scene: Scene,
  act: (run: WorkflowHandle, journal: readonly string[]) => Promise<Result>,
): Promise<{ readonly journal: readonly string[]; readonly outcome: Result }> {
  const { cluster = aCluster(), away = [], back = new Set(), bare = [], replace = {}, review = false } = scene
  const { journal, activities } = fakeActivities()
  const facts = joinedFacts(cluster, scene.facts)
  const gatherFacts = (_: Cluster, { name }: Host) =>
    away.includes(name) && !back.has(name)
      ? Promise.reject(hopeless('SSH_UNREACHABLE', 'no answer', name))
      : Promise.resolve(bare.includes(name) ? bareFacts(name) : facts.find(({ host }) => host === name))
  const presence = scene.presence ?? present(standingOf(cluster))
  const readStanding = () => Promise.resolve(presence)
  const worker = await scriptedWorker(temporal, { ...activities, gatherFacts, readStanding, ...replace })
  const outcome = await worker.runUntil(async () => {
    const run = await startScripted(temporal, 'reset', cluster, { request, review })
    return act(run, journal)
  })
  return { journal, outcome }
}

const result = (run: WorkflowHandle) => run.result() as Promise<ResetResult>
const parked = (run: WorkflowHandle) =>
  eventually(async () => (await progressOf(run)).blocked.length > 0, 'a step is parked')

const entries = (journal: readonly string[], verb: string) =>
  journal
    .filter((entry) => entry.startsWith(`${verb} `) && entry.endsWith(' begins'))
    .map((entry) => entry.split(' ')[1])
const at = (journal: readonly string[], entry: string) => {
  expect(journal).toContain(entry)
  return journal.indexOf(entry)
}

describe('the end of a cluster', () => {
  it('stops every host before it erases any', async () => {
    const { journal, outcome } = await resetting(ALL, { cluster: aClusterWithEtcdHosts() }, result)
    const lastStop = journal.findLastIndex((entry) => entry.startsWith('stop '))
    const firstReset = journal.findIndex((entry) => entry.startsWith('reset '))
    expect(lastStop).toBeLessThan(firstReset)
    expect(outcome.hosts).toEqual(
      ['e1', 'e2', 'e3', 'cp1', 'cp2', 'w1', 'lb1'].map((name) => ({ name, how: 'reset', remains: [] })),
    )
  })

  it.each(['stop', 'reset'])('comes to those last that others need: %s', async (verb) => {
    const { journal } = await resetting(ALL, { cluster: aClusterWithEtcdHosts() }, result)
    const begun = entries(journal, verb)
    expect([begun.slice(0, 2), begun.slice(2, 4), begun.slice(4)].map((group) => group.toSorted())).toEqual([
      ['lb1', 'w1'],
      ['cp1', 'cp2'],
      ['e1', 'e2', 'e3'],
    ])
    expect(at(journal, `${verb} w1 ends`)).toBeLessThan(at(journal, `${verb} cp1 begins`))
    expect(at(journal, `${verb} cp2 ends`)).toBeLessThan(at(journal, `${verb} e1 begins`))
  })

  it('gives each host back once it is erased, and releases the locks last', async () => {
    const { journal } = await resetting(ALL, {}, result)
    expect(at(journal, 'reset w1 ends')).toBeLessThan(at(journal, 'give back w1 begins'))
    const firstRelease = journal.findIndex((entry) => entry.startsWith('release '))
    expect(journal.findLastIndex((entry) => entry.startsWith('look at '))).toBeLessThan(firstRelease)
    expect(entries(journal, 'release')).toHaveLength(6)
  })

  it('needs neither membership nor nodes', async () => {
    const { journal } = await resetting(ALL, {}, result)
    expect(journal.filter((entry) => /^(member|drain|delete) /.test(entry))).toEqual([])
  })

  it('needs its name', async () => {
    const { journal, outcome } = await resetting({ ...ALL, confirmed: 'test' }, {}, (run) =>
      failureOf(run.result()),
    )
    expect(outcome.type).toBe('RESET_REFUSED')
    expect(journal).toEqual([])
  })

  it('goes on where it stopped, when its control planes are bare already', async () => {
    const bare = ['cp1', 'cp2', 'cp3', 'w1']
    const { journal, outcome } = await resetting(ALL, { presence: { kind: 'absent' }, bare }, result)
    expect(entries(journal, 'reset').toSorted()).toEqual(['lb1', 'w2'])
    expect(outcome.hosts.filter(({ how }) => how === 'bare').map(({ name }) => name)).toEqual(bare)
  })

  it('removes packages if that was asked for, before a host is given back', async () => {
    const { journal } = await resetting({ ...ALL, packages: true }, {}, result)
    expect(at(journal, 'packages off w1 ends')).toBeLessThan(at(journal, 'give back w1 begins'))
  })

  it('names what a last look still finds', async () => {
    const lookForRemains = (_: Cluster, { name }: Host) =>
      Promise.resolve({ changed: false, summary: '', remains: name === 'w1' ? ['/var/lib/cni'] : [] })
    const { outcome } = await resetting(ALL, { replace: { lookForRemains } }, result)
    expect(outcome.hosts).toContainEqual({ name: 'w1', how: 'reset', remains: ['/var/lib/cni'] })
    expect(outcome.warnings).toContain('w1 still has /var/lib/cni')
  })
})

describe('a host that is away when its cluster ends', () => {
  it('is parked before a control plane is stopped or anything is deleted', async () => {
    const { outcome } = await resetting(ALL, { away: ['w2'] }, async (run, journal) => {
      await parked(run)
      await eventually(() => Promise.resolve(journal.includes('stop w1 ends')), 'the others are stopped')
      const { blocked } = await progressOf(run)
      const before = [...journal]
      await run.executeUpdate(MESSAGES.abort.name, { args: [{}] })
      await failureOf(run.result())
      return { blocked, before }
    })
    expect(outcome.blocked).toMatchObject([
      { step: 'stop/w2', onSkip: expect.stringContaining('claim') as string },
    ])
    expect(entries(outcome.before, 'stop')).not.toContain('cp1')
    expect(entries(outcome.before, 'reset')).toEqual([])
  })

  it('may be left out: it is named, and nothing is done to it', async () => {
    const { journal, outcome } = await resetting(ALL, { away: ['w2'] }, async (run) => {
      await parked(run)
      await run.executeUpdate(MESSAGES.skipStep.name, { args: [{ step: 'stop/w2', reason: 'burnt' }] })
      return result(run)
    })
    expect(outcome.skipped).toEqual([{ step: 'stop/w2', host: 'w2', reason: 'burnt' }])
    expect(outcome.hosts.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'lb1'])
    expect(journal.filter((entry) => entry.includes(' w2 '))).toEqual([])
  })

  it('is reset like the others once it answers, and released', async () => {
    const back = new Set<string>()
    const { journal, outcome } = await resetting(ALL, { away: ['w2'], back }, async (run) => {
      await parked(run)
      back.add('w2')
      await run.executeUpdate(MESSAGES.retryStep.name, { args: [{}] })
      return result(run)
    })
    expect(outcome.hosts).toHaveLength(6)
    expect(journal).toEqual(expect.arrayContaining(['give back w2 ends', 'release w2 ends']))
  })

  it('is parked again if another machine answers then', async () => {
    const back = new Set<string>()
    const scene = { away: ['w2'], back, facts: { w2: { claimedBy: 'other' } } }
    const { journal, outcome } = await resetting(ALL, scene, async (run) => {
      await parked(run)
      back.add('w2')
      await run.executeUpdate(MESSAGES.retryStep.name, { args: [{}] })
      await eventually(
        async () => (await progressOf(run)).blocked.some(({ error }) => error.code === 'FOREIGN_CLUSTER'),
        'the foreign host is parked',
      )
      await run.executeUpdate(MESSAGES.skipStep.name, { args: [{ step: 'stop/w2', reason: 'not ours' }] })
      return result(run)
    })
    expect(outcome.skipped).toMatchObject([{ host: 'w2' }])
    expect(entries(journal, 'stop')).not.toContain('w2')
  })
})

describe('a step that fails', () => {
  it('of a worker keeps the control planes, until it is decided', async () => {
    const { activities } = fakeActivities()
    const replace = { resetHost: failing(activities.resetHost, 'w1') }
    const { journal, outcome } = await resetting(ALL, { replace }, async (run) => {
      await parked(run)
      const { blocked } = await progressOf(run)
      await run.executeUpdate(MESSAGES.skipStep.name, {
        args: [{ step: 'erase/w1', reason: 'its disk is broken' }],
      })
      return { blocked, ...(await result(run)) }
    })
    expect(outcome.blocked).toMatchObject([{ step: 'erase/w1' }])
    expect(outcome.skipped).toMatchObject([{ host: 'w1' }])
    expect(entries(journal, 'give')).not.toContain('w1')
    expect(journal).toContain('give back cp1 ends')
  })
})

describe('the reset of single hosts', () => {
  const standing = standingOf(aCluster())
  const withoutW1 = present({ ...standing, nodes: standing.nodes.filter(({ name }) => name !== 'w1') })

  it('touches no other host', async () => {
    const { journal, outcome } = await resetting(only('w1'), { presence: withoutW1 }, result)
    expect(journal.filter((entry) => !/^(lock|release) /.test(entry) && !entry.includes('w1'))).toEqual([])
    expect(outcome.hosts).toEqual([{ name: 'w1', how: 'reset', remains: [] }])
  })

  it('waits for an approval', async () => {
    const { outcome } = await resetting(
      only('w1'),
      { presence: withoutW1, review: true },
      async (run, all) => {
        await eventually(async () => (await progressOf(run)).approval !== undefined, 'the plan is shown')
        const before = all.filter((entry) => !entry.startsWith('lock'))
        await run.executeUpdate(MESSAGES.approve.name)
        return { before, ...(await result(run)) }
      },
    )
    expect(outcome.before).toEqual([])
    expect(outcome.changed).toBe(true)
  })

  it('makes the cluster forget a machine that was removed and came back', async () => {
    const removed = [{ name: 'w1', machineId: 'machine-w1', removedAt: '2026-11-01T00:00:00Z' }]
    const { journal } = await resetting(only('w1'), { presence: present({ ...standing, removed }) }, result)
    expect(at(journal, 'reset w1 ends')).toBeLessThan(at(journal, 'delete w1 begins'))
    expect(at(journal, 'delete w1 ends')).toBeLessThan(at(journal, 'give back w1 begins'))
  })

  it('is refused for a living node before anything is changed', async () => {
    const { journal, outcome } = await resetting(only('w1'), {}, (run) => failureOf(run.result()))
    expect(outcome.type).toBe('PREFLIGHT_FAILED')
    expect(JSON.stringify(outcome.details)).toContain('quorate remove w1')
    expect(journal.filter((entry) => !/^(lock|release) /.test(entry))).toEqual([])
  })

  it('is refused for a host of another cluster before anything is written to it, even a lock', async () => {
    const scene = { presence: withoutW1, facts: { w1: { claimedBy: 'other' } } }
    const { journal, outcome } = await resetting(only('w1'), scene, (run) => failureOf(run.result()))
    expect(JSON.stringify(outcome.details)).toContain('FOREIGN_CLUSTER')
    expect(journal).toEqual([])
  })

  it('changes nothing on a bare host', async () => {
    const lockHost = () => Promise.resolve({ changed: false, summary: 'locked' })
    const scene = { presence: withoutW1, bare: ['w1'], review: true, replace: { lockHost } }
    const { journal, outcome } = await resetting(only('w1'), scene, result)
    expect(outcome).toMatchObject({ changed: false, hosts: [{ name: 'w1', how: 'bare' }] })
    expect(journal.filter((entry) => !/^(lock|release) /.test(entry))).toEqual([])
  })
})

it('a plan of the end of a cluster shows what is lost, and changes nothing', async () => {
  const { journal, activities } = fakeActivities()
  const cluster = aCluster()
  const facts = joinedFacts(cluster)
  const worker = await scriptedWorker(temporal, {
    ...activities,
    gatherFacts: (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name)),
    readStanding: () => Promise.resolve(present(standingOf(cluster))),
  })
  const request = { reset: { hosts: [], all: true, packages: false } }
  const plan = await worker.runUntil(
    async () => (await startScripted(temporal, 'plan', cluster, { request })).result() as Promise<PlanResult>,
  )
  expect(plan.warnings).toContain('lost with it: 4 workloads with 12 pods')
  expect(plan.changes.map(({ host }) => host)).toContain('cp1')
  expect(journal).toEqual([])
})
