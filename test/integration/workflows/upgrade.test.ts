import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { PlanResult, UpgradeResult } from '../../../src/operations/results.js'
import type { UpgradeRequest } from '../../../src/operations/upgrade-request.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import { aCluster, aClusterWithEtcdHosts } from '../../support/clusters.js'
import {
  failing,
  failureOf,
  fakeActivities,
  progressOf,
  startScripted,
} from '../../support/fake-activities.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { scriptedWorker, startTemporal } from '../../support/temporal.js'
import { decide, refusalOf, untilBlocked } from './parked-applies.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

type Fakes = ReturnType<typeof fakeActivities>['activities']

/** A finished cluster with fake steps, some of them replaced. */
function scene(
  cluster: Cluster,
  replace: (
    fakes: Fakes,
  ) => Partial<Record<keyof Fakes, (...args: never[]) => Promise<unknown>>> = () => ({}),
) {
  const { journal, activities } = fakeActivities()
  const facts = joinedFacts(cluster)
  const hosts = {
    ...activities,
    gatherFacts: (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name)),
    readStanding: () => Promise.resolve(present(standingOf(cluster))),
    ...replace(activities),
  }
  const run = async <Result>(
    request: UpgradeRequest,
    follow: (handle: WorkflowHandle) => Promise<Result>,
  ) => {
    const worker = await scriptedWorker(temporal, hosts)
    return worker.runUntil(async () => follow(await startScripted(temporal, 'upgrade', cluster, { request })))
  }
  return { journal, hosts, run }
}

const result = (handle: WorkflowHandle) => handle.result() as Promise<UpgradeResult>
const TO = { to: 'v1.37.2' }
const begun = (journal: readonly string[], pattern: RegExp) =>
  journal
    .filter((entry) => pattern.test(entry) && entry.endsWith(' begins'))
    .map((entry) => entry.slice(0, -7))

describe('an upgrade', () => {
  it('fetches everything first, then goes from etcd over the control planes to the workers', async () => {
    const { journal, run } = scene(aCluster())
    const ended = await run(TO, result)
    expect(ended).toMatchObject({ from: 'v1.36.3', to: 'v1.37.2', hops: ['v1.37.2'], fileVersion: 'v1.36.3' })
    const acts = begun(journal, /^(?:snapshot|upgrade|kubelet cp|addons|verify)/)
    expect(acts).toEqual([
      'snapshot cp1 v1.37.2',
      ...['cp1', 'cp2', 'cp3'].map((host) => `upgrade ${host} v1.37.2`),
      ...['cp1', 'cp2', 'cp3'].map((host) => `kubelet ${host} v1.37.2`),
      'addons v1.37.2',
      'verify cp1,cp2,cp3,w1,w2,lb1',
    ])
    const at = (entry: string) => journal.indexOf(entry)
    for (const host of ['cp1', 'cp2', 'cp3', 'w1', 'w2'])
      expect(at(`packages ${host} v1.37.2 ends`)).toBeLessThan(at('snapshot cp1 v1.37.2 begins'))
    expect(at('snapshot cp1 v1.37.2 ends')).toBeLessThan(at('upgrade cp1 v1.37.2 begins'))
    for (const host of ['w1', 'w2']) {
      expect(at(`kubelet ${host} v1.37.2 begins`)).toBeGreaterThan(at('kubelet cp3 v1.37.2 ends'))
      expect(at(`kubelet ${host} v1.37.2 ends`)).toBeLessThan(at('addons v1.37.2 begins'))
    }
  })

  it('takes each control plane out of the load balancer while it is worked on, and back in afterwards', async () => {
    const { journal, run } = scene(aCluster())
    await run(TO, result)
    const around = journal.filter((entry) => /^(?:lb1|upgrade|kubelet cp).* begins$/.test(entry))
    const turn = (act: string, host: string) => [
      `lb1 → ${['cp1', 'cp2', 'cp3'].filter((name) => name !== host).join()} begins`,
      `${act} ${host} v1.37.2 begins`,
      'lb1 → cp1,cp2,cp3 begins',
    ]
    expect(around.slice(0, 18)).toEqual(
      ['upgrade', 'kubelet'].flatMap((act) => ['cp1', 'cp2', 'cp3'].flatMap((host) => turn(act, host))),
    )
  })

  it('leaves the load balancer alone where a control plane is upgraded already', async () => {
    const done = () => Promise.resolve({ isDone: true })
    const { journal, run } = scene(aCluster(), () => ({
      isControlPlaneUpgraded: done,
      isKubeletUpgraded: done,
    }))
    await run(TO, result)
    expect(begun(journal, /^lb1/)).toEqual(['lb1 → cp1,cp2,cp3'])
  })

  it('brings a control plane back into the load balancer even if its upgrade fails', async () => {
    const { journal, run } = scene(aCluster(), ({ upgradeControlPlane }) => ({
      upgradeControlPlane: failing(upgradeControlPlane, 'cp2'),
    }))
    await run(TO, async (handle) => {
      await untilBlocked(handle)
      expect(journal.filter((entry) => entry.startsWith('lb1')).at(-1)).toBe('lb1 → cp1,cp2,cp3 ends')
      await decide(handle, 'retryStep', {})
      await handle.result()
    })
  })

  it('goes through several minors, each of them whole before the next', async () => {
    const cluster = aCluster({ kubernetes: { ...aCluster().kubernetes, version: 'v1.35.4' } })
    const { journal, run } = scene(cluster)
    const { ended, progress } = await run({ ...TO, via: ['v1.36.3'] }, async (handle) => ({
      ended: await result(handle),
      progress: await progressOf(handle),
    }))
    expect(ended.hops).toEqual(['v1.36.3', 'v1.37.2'])
    expect(ended.changed).toBe(true)
    expect(progress.kubernetesVersion).toBe('v1.37.2')
    const lastOfFirst = journal.lastIndexOf(
      'verify cp1,cp2,cp3,w1,w2,lb1 begins',
      journal.indexOf('packages cp1 v1.37.2 begins'),
    )
    expect(lastOfFirst).toBeGreaterThan(journal.indexOf('kubelet w2 v1.36.3 ends'))
    expect(journal.filter((entry) => /v1\.36\.3 begins$/.test(entry)).length).toBeGreaterThan(0)
    expect(journal.findLastIndex((entry) => entry.includes('v1.36.3'))).toBeLessThan(
      journal.findIndex((entry) => entry.includes('v1.37.2')),
    )
  })

  it('upgrades the members of an external etcd one by one, the leader last, before any control plane', async () => {
    const leader = 'e1'
    const readEtcdVersions = () =>
      Promise.resolve(
        ['e1', 'e2', 'e3'].map((name) => ({ name, version: '3.6.11', leader: name === leader })),
      )
    const { journal, run } = scene(aClusterWithEtcdHosts(), () => ({ readEtcdVersions }))
    await run(TO, result)
    expect(journal.filter((entry) => entry.startsWith('member'))).toEqual(
      ['e2', 'e3', 'e1'].flatMap((host) => [`member ${host} v1.37.2 begins`, `member ${host} v1.37.2 ends`]),
    )
    expect(journal.indexOf('member e1 v1.37.2 ends')).toBeLessThan(
      journal.indexOf('upgrade cp1 v1.37.2 begins'),
    )
    expect(begun(journal, /^kubelet e/)).toHaveLength(3)
  })

  it('brings etcd to the version between first, where it is too old for the next', async () => {
    const readEtcdVersions = () =>
      Promise.resolve(
        ['cp1', 'cp2', 'cp3'].map((name) => ({ name, version: '3.6.8', leader: name === 'cp1' })),
      )
    const { journal, run } = scene(aCluster(), () => ({ readEtcdVersions }))
    await run(TO, result)
    expect(journal.slice(0, journal.indexOf('step cp2 3.6.11-0 begins')).at(-1)).toBe('lb1 → cp1,cp3 ends')
    expect(begun(journal, /^(?:step|upgrade)/)).toEqual([
      ...['cp2', 'cp3', 'cp1'].map((host) => `step ${host} 3.6.11-0`),
      ...['cp1', 'cp2', 'cp3'].map((host) => `upgrade ${host} v1.37.2`),
    ])
  })

  it('upgrades as many workers at once as may be unavailable', async () => {
    let [at, most] = [0, 0]
    const counting =
      (obey: Fakes['upgradeKubelet']): Fakes['upgradeKubelet'] =>
      async (cluster, host) => {
        if (host.role !== 'worker') return obey(cluster, host)
        at += 1
        most = Math.max(most, at)
        await new Promise((resolve) => setTimeout(resolve, 100))
        at -= 1
        return obey(cluster, host)
      }
    const { run } = scene(aCluster(), ({ upgradeKubelet }) => ({ upgradeKubelet: counting(upgradeKubelet) }))
    await run(TO, result)
    expect(most).toBe(1)
    most = 0
    await run({ ...TO, maxUnavailable: '100%' }, result)
    expect(most).toBe(2)
  })
})

describe('an upgrade that pauses', () => {
  it.each([
    ['first-control-plane', 'upgrade cp1 v1.37.2', 'upgrade cp2 v1.37.2'],
    ['control-planes', 'upgrade cp3 v1.37.2', 'kubelet cp1 v1.37.2'],
    [{ workers: 1 }, 'kubelet w1 v1.37.2', 'kubelet w2 v1.37.2'],
  ] as const)('after %j starts nothing more until it is resumed', async (pauseAfter, last, next) => {
    const { journal, run } = scene(aCluster())
    await run({ ...TO, pauseAfter }, async (handle) => {
      await expect.poll(async () => (await progressOf(handle)).state, { timeout: 20_000 }).toBe('paused')
      expect(journal).toContain(`${last} ends`)
      expect(journal).not.toContain(`${next} begins`)
      await handle.signal(MESSAGES.resume)
      await handle.result()
    })
    expect(journal).toContain(`${next} ends`)
  })
})

describe('a step of an upgrade that parks', () => {
  it('lets a worker be skipped, which stays at its version and takes pods again', async () => {
    const { journal, run } = scene(aCluster(), ({ upgradeKubelet }) => ({
      upgradeKubelet: failing(upgradeKubelet, 'w1'),
    }))
    const ended = await run(TO, async (handle) => {
      const { blocked } = await untilBlocked(handle)
      expect(blocked.map(({ step }) => step)).toEqual(['worker-kubelets/w1'])
      await decide(handle, 'skipStep', { step: 'worker-kubelets/w1', reason: 'its owner is away' })
      return result(handle)
    })
    expect(journal).toContain('uncordon w1 ends')
    expect(journal).toContain('verify cp1,cp2,cp3,w2,lb1 ends')
    expect(ended.skipped.map(({ step }) => step)).toEqual(['worker-kubelets/w1'])
  })

  it('lets no control plane be skipped, and holds the others back', async () => {
    const { journal, run } = scene(aCluster(), ({ upgradeControlPlane }) => ({
      upgradeControlPlane: failing(upgradeControlPlane, 'cp1'),
    }))
    await run(TO, async (handle) => {
      await untilBlocked(handle)
      const skip = { step: 'first-upgraded-control-plane/cp1', reason: 'no' }
      expect(await refusalOf(decide(handle, 'skipStep', skip))).toBe('STEP_NOT_SKIPPABLE')
      expect(begun(journal, /^upgrade/)).toEqual([])
      await decide(handle, 'retryStep', {})
      await handle.result()
    })
    expect(begun(journal, /^upgrade/)).toEqual(['cp1', 'cp2', 'cp3'].map((host) => `upgrade ${host} v1.37.2`))
  })

  it('changes nothing that runs while packages or images are missing', async () => {
    const { journal, run } = scene(aCluster(), ({ prepareUpgrade }) => ({
      prepareUpgrade: failing(prepareUpgrade, 'w2', 2),
    }))
    const failure = await run(TO, async (handle) => {
      await untilBlocked(handle)
      await decide(handle, 'abort', {})
      return failureOf(handle.result())
    })
    expect(failure.type).toBe('OPERATION_ABORTED')
    expect(begun(journal, /^(?:snapshot|upgrade|kubelet|lb1)/)).toEqual([])
  })
})

describe('an upgrade that is refused', () => {
  it('has changed nothing', async () => {
    const { journal, run } = scene(aCluster())
    const failure = await run({ to: 'v1.36.1' }, (handle) => failureOf(handle.result()))
    expect(failure.type).toBe('PREFLIGHT_FAILED')
    expect(JSON.stringify(failure.details)).toContain('UPGRADE_IS_DOWNGRADE')
    expect(begun(journal, /^(?!lock|release)/)).toEqual([])
  })

  it('does not begin where the API does not answer', async () => {
    const unreadable = () => Promise.resolve({ kind: 'unreadable', host: 'cp1', reason: 'refused' })
    const { run } = scene(aCluster(), () => ({ readStanding: unreadable }))
    const failure = await run(TO, (handle) => failureOf(handle.result()))
    expect(failure.type).toBe('CLUSTER_UNREADABLE')
  })
})

describe('the plan of an upgrade', () => {
  it('shows every step and changes nothing', async () => {
    const { journal, hosts } = scene(aCluster())
    const worker = await scriptedWorker(temporal, hosts)
    const plan = await worker.runUntil(async () => {
      const handle = await startScripted(temporal, 'plan', aCluster(), { request: { upgrade: TO } })
      return (await handle.result()) as PlanResult
    })
    expect(plan.upgrade).toMatchObject({ from: 'v1.36.3', to: 'v1.37.2' })
    expect(plan.changes.map(({ phase }) => phase)).toContain('First upgraded control plane')
    expect(journal).toEqual([])
  })

  it('is waited for on review', async () => {
    const { journal, hosts } = scene(aCluster())
    const worker = await scriptedWorker(temporal, hosts)
    await worker.runUntil(async () => {
      const handle = await startScripted(temporal, 'upgrade', aCluster(), { request: TO, review: true })
      const { approval = [] } = await untilBlocked(handle)
      expect(approval.length).toBeGreaterThan(5)
      expect(begun(journal, /^packages/)).toEqual([])
      await decide(handle, 'approve', {})
      await handle.result()
    })
    expect(journal).toContain('upgrade cp3 v1.37.2 ends')
  })
})
