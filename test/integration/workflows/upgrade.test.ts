import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import { aCluster, aClusterWithEtcdHosts } from '../../support/clusters.js'
import { decide, failure, progressOf, refusalOf, result, untilState } from '../../support/conversation.js'
import { failing, fakeActivities } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { TemporalScene, type Follow, type Run, type Script } from '../../support/temporal-scene.js'
import { begun, ended, expectOrder } from './journal.js'

const temporal = TemporalScene.forFile()

const TO = { to: 'v1.37.2' }

/** Upgrades a finished cluster. */
function upgrading<Outcome>(
  follow: Follow<'upgrade', Outcome>,
  { activities, ...script }: Script<'upgrade'> = {},
) {
  const looks = finishedCluster(script.cluster ?? aCluster())
  return temporal.run('upgrade', { request: TO, activities: { ...looks, ...activities }, ...script }, follow)
}

/** Hosts of which one fails at first. */
function failingOn(where: string, activity: 'prepareUpgrade' | 'upgradeControlPlane' | 'upgradeKubelet') {
  const hosts = fakeActivities()
  return { hosts, activities: { [activity]: failing(hosts.activities[activity], where) } }
}

describe('an upgrade', () => {
  it('fetches everything first, then goes from etcd over the control planes to the workers', async () => {
    const { journal, outcome } = await upgrading(result)
    expect(outcome).toMatchObject({
      from: 'v1.36.3',
      to: 'v1.37.2',
      hops: ['v1.37.2'],
      fileVersion: 'v1.36.3',
    })
    const acts = begun(journal, /^(?:snapshot|upgrade|kubelet cp|addons|verify)/)
    expect(acts).toEqual([
      'snapshot cp1 v1.37.2',
      ...['cp1', 'cp2', 'cp3'].map((host) => `upgrade ${host} v1.37.2`),
      ...['cp1', 'cp2', 'cp3'].map((host) => `kubelet ${host} v1.37.2`),
      'addons v1.37.2',
      'verify cp1,cp2,cp3,w1,w2,lb1',
    ])
    expect(begun(journal, /^packages /)).toHaveLength(5)
    expectOrder(journal, 'packages', 'snapshot cp1', 'upgrade cp1')
    for (const host of ['w1', 'w2']) expectOrder(journal, 'kubelet cp3', `kubelet ${host}`, 'addons')
  })

  it('takes each control plane out of the load balancer while it is worked on, and back in afterwards', async () => {
    const { journal } = await upgrading(result)
    const around = begun(journal, /^(?:lb1|upgrade|kubelet cp)/)
    const turn = (act: string, host: string) => [
      `lb1 → ${['cp1', 'cp2', 'cp3'].filter((name) => name !== host).join()}`,
      `${act} ${host} v1.37.2`,
      'lb1 → cp1,cp2,cp3',
    ]
    expect(around.slice(0, 18)).toEqual(
      ['upgrade', 'kubelet'].flatMap((act) => ['cp1', 'cp2', 'cp3'].flatMap((host) => turn(act, host))),
    )
  })

  it('leaves the load balancer alone where a control plane is upgraded already', async () => {
    const done = () => Promise.resolve({ isDone: true })
    const activities = { isControlPlaneUpgraded: done, isKubeletUpgraded: done }
    const { journal } = await upgrading(result, { activities })
    expect(begun(journal, /^lb1/)).toEqual(['lb1 → cp1,cp2,cp3'])
  })

  it('brings a control plane back into the load balancer even if its upgrade fails', async () => {
    await upgrading(
      async (run, journal) => {
        await untilState(run, 'blocked')
        expect(ended(journal, /^lb1/).at(-1)).toBe('lb1 → cp1,cp2,cp3')
        await decide(run, 'retryStep')
        await run.result()
      },
      failingOn('cp2', 'upgradeControlPlane'),
    )
  })

  it('goes through several minors, each of them whole before the next', async () => {
    const cluster = aCluster({ kubernetes: { ...aCluster().kubernetes, version: 'v1.35.4' } })
    const { journal, outcome } = await upgrading(
      async (run) => ({ ...(await run.result()), progress: await progressOf(run) }),
      { cluster, request: { ...TO, via: ['v1.36.3'] } },
    )
    expect(outcome.hops).toEqual(['v1.36.3', 'v1.37.2'])
    expect(outcome.changed).toBe(true)
    expect(outcome.progress.kubernetesVersion).toBe('v1.37.2')
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
    const cluster = aClusterWithEtcdHosts()
    const { journal } = await upgrading(result, { cluster, activities: { readEtcdVersions } })
    expect(journal.filter((entry) => entry.startsWith('member'))).toEqual(
      ['e2', 'e3', 'e1'].flatMap((host) => [`member ${host} v1.37.2 begins`, `member ${host} v1.37.2 ends`]),
    )
    expectOrder(journal, 'member e1', 'upgrade cp1')
    expect(begun(journal, /^kubelet e/)).toHaveLength(3)
  })

  it('brings etcd to the version between first, where it is too old for the next', async () => {
    const readEtcdVersions = () =>
      Promise.resolve(
        ['cp1', 'cp2', 'cp3'].map((name) => ({ name, version: '3.6.8', leader: name === 'cp1' })),
      )
    const { journal } = await upgrading(result, { activities: { readEtcdVersions } })
    expect(journal.slice(0, journal.indexOf('step cp2 3.6.11-0 begins')).at(-1)).toBe('lb1 → cp1,cp3 ends')
    expect(begun(journal, /^(?:step|upgrade)/)).toEqual([
      ...['cp2', 'cp3', 'cp1'].map((host) => `step ${host} 3.6.11-0`),
      ...['cp1', 'cp2', 'cp3'].map((host) => `upgrade ${host} v1.37.2`),
    ])
  })

  it('upgrades as many workers at once as may be unavailable', async () => {
    let [at, most] = [0, 0]
    const upgradeKubelet = async (cluster: Cluster, host: Host) => {
      if (host.role === 'worker') {
        at += 1
        most = Math.max(most, at)
        await new Promise((resolve) => setTimeout(resolve, 100))
        at -= 1
      }
      return fakeActivities().activities.upgradeKubelet(cluster, host)
    }
    await upgrading(result, { activities: { upgradeKubelet } })
    expect(most).toBe(1)
    most = 0
    await upgrading(result, { activities: { upgradeKubelet }, request: { ...TO, maxUnavailable: '100%' } })
    expect(most).toBe(2)
  })
})

describe('an upgrade that pauses', () => {
  it.each([
    ['first-control-plane', 'upgrade cp1 v1.37.2', 'upgrade cp2 v1.37.2'],
    ['control-planes', 'upgrade cp3 v1.37.2', 'kubelet cp1 v1.37.2'],
    [{ workers: 1 }, 'kubelet w1 v1.37.2', 'kubelet w2 v1.37.2'],
  ] as const)('after %j starts nothing more until it is resumed', async (pauseAfter, last, next) => {
    const pausing = async (run: Run<'upgrade'>, sofar: readonly string[]) => {
      await untilState(run, 'paused')
      expect(ended(sofar)).toContain(last)
      expect(begun(sofar)).not.toContain(next)
      await run.signal(MESSAGES.resume)
      await run.result()
    }
    const { journal } = await upgrading(pausing, { request: { ...TO, pauseAfter } })
    expect(journal).toContain(`${next} ends`)
  })
})

describe('a step of an upgrade that parks', () => {
  it('lets a worker be skipped, which stays at its version and takes pods again', async () => {
    const { journal, outcome } = await upgrading(
      async (run) => {
        const { blocked } = await untilState(run, 'blocked')
        expect(blocked.map(({ step }) => step)).toEqual(['worker-kubelets/w1'])
        await decide(run, 'skipStep', { step: 'worker-kubelets/w1', reason: 'its owner is away' })
        return run.result()
      },
      failingOn('w1', 'upgradeKubelet'),
    )
    expect(journal).toContain('uncordon w1 ends')
    expect(journal).toContain('verify cp1,cp2,cp3,w2,lb1 ends')
    expect(outcome.skipped.map(({ step }) => step)).toEqual(['worker-kubelets/w1'])
  })

  it('lets no control plane be skipped, and holds the others back', async () => {
    const { journal } = await upgrading(
      async (run, sofar) => {
        await untilState(run, 'blocked')
        const skip = { step: 'first-upgraded-control-plane/cp1', reason: 'no' }
        expect(await refusalOf(decide(run, 'skipStep', skip))).toBe('STEP_NOT_SKIPPABLE')
        expect(begun(sofar, /^upgrade/)).toEqual([])
        await decide(run, 'retryStep')
        await run.result()
      },
      failingOn('cp1', 'upgradeControlPlane'),
    )
    expect(begun(journal, /^upgrade/)).toEqual(['cp1', 'cp2', 'cp3'].map((host) => `upgrade ${host} v1.37.2`))
  })

  it('changes nothing that runs while packages or images are missing', async () => {
    const { journal, outcome } = await upgrading(
      async (run) => {
        await untilState(run, 'blocked')
        await decide(run, 'abort')
        return failure(run)
      },
      failingOn('w2', 'prepareUpgrade'),
    )
    expect(outcome.type).toBe('OPERATION_ABORTED')
    expect(begun(journal, /^(?:snapshot|upgrade|kubelet|lb1)/)).toEqual([])
  })
})

describe('an upgrade that is refused', () => {
  it('has changed nothing', async () => {
    const { journal, outcome } = await upgrading(failure, { request: { to: 'v1.36.1' } })
    expect(outcome.type).toBe('PREFLIGHT_FAILED')
    expect(JSON.stringify(outcome.details)).toContain('UPGRADE_IS_DOWNGRADE')
    expect(begun(journal)).toEqual([])
  })

  it('does not begin where the API does not answer', async () => {
    const unreadable = () => Promise.resolve({ kind: 'unreadable', host: 'cp1', reason: 'refused' })
    const { outcome } = await upgrading(failure, { activities: { readStanding: unreadable } })
    expect(outcome.type).toBe('CLUSTER_UNREADABLE')
  })
})

describe('the plan of an upgrade', () => {
  it('shows every step and changes nothing', async () => {
    const script = { request: { upgrade: TO }, activities: finishedCluster(aCluster()) }
    const { journal, outcome: plan } = await temporal.run('plan', script, result)
    expect(plan.upgrade).toMatchObject({ from: 'v1.36.3', to: 'v1.37.2' })
    expect(plan.changes.map(({ phase }) => phase)).toContain('First upgraded control plane')
    expect(journal).toEqual([])
  })

  it('is waited for on review', async () => {
    const reviewing = async (run: Run<'upgrade'>, sofar: readonly string[]) => {
      const { approval = [] } = await untilState(run, 'blocked')
      expect(approval.length).toBeGreaterThan(5)
      expect(begun(sofar, /^packages/)).toEqual([])
      await decide(run, 'approve')
      await run.result()
    }
    const { journal } = await upgrading(reviewing, { review: true })
    expect(journal).toContain('upgrade cp3 v1.37.2 ends')
  })
})
