/** Decisions about parked steps. */
import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import {
  decide,
  failure,
  progressOf,
  refusalOf,
  untilParked,
  untilState,
} from '../../../support/conversation.js'
import { failing, fakeActivities, hopeless } from '../../../support/fake-activities.js'
import { TemporalScene } from '../../../support/temporal-scene.js'
import { begun, ended } from '../journal.js'

const temporal = TemporalScene.forFile()

describe('a parked step', () => {
  it('stops its host while the others go on, and continues when it is retried', async () => {
    const hosts = fakeActivities()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp2')
    const { outcome } = await temporal.run(
      'apply',
      { hosts, activities: { joinControlPlane } },
      async (run) => {
        const progress = await untilState(run, 'blocked')
        expect(progress.blocked).toMatchObject([
          { step: 'control-planes/cp2', host: 'cp2', error: { code: 'KUBEADM_PREFLIGHT_FAILED' } },
        ])
        expect(progress.blockedOn).toBe('control-planes/cp2')
        expect(hosts.journal).toContain('join cp3 ends')
        expect(hosts.journal).toContain('join w2 ends')
        expect(hosts.journal.filter((entry) => entry.startsWith('verify'))).toEqual([])
        expect(await decide(run, 'retryStep')).toEqual({ steps: ['control-planes/cp2'] })
        return run.result()
      },
    )
    expect(hosts.journal).toContain('join cp2 ends')
    expect(hosts.journal.at(-1)).toMatch(/^(verify cp1,cp2,cp3,w1,w2,lb1|release \S+) ends$/)
    expect(outcome.skipped).toEqual([])
  })

  it('blocks only what needs it: a worker that cannot be prepared blocks neither init nor joins', async () => {
    const hosts = fakeActivities()
    const prepareHost = failing(hosts.activities.prepareHost, 'w1')
    await temporal.run('apply', { hosts, activities: { prepareHost } }, async (run) => {
      await expect.poll(() => hosts.journal, { timeout: 20_000 }).toContain('join cp3 ends')
      await untilState(run, 'blocked')
      expect(hosts.journal).not.toContain('join w1 begins')
      await decide(run, 'retryStep', { step: 'prepare-hosts/w1' })
      await run.result()
    })
    expect(hosts.journal).toContain('join w1 ends')
  })

  it('is parked again with the newest error if a retry does not help', async () => {
    const hosts = fakeActivities()
    const joinWorker = failing(hosts.activities.joinWorker, 'w1', 2)
    await temporal.run('apply', { hosts, activities: { joinWorker } }, async (run) => {
      const before = await untilState(run, 'blocked')
      await decide(run, 'retryStep', { step: 'workers/w1' })
      const since = before.blocked[0]?.since ?? 0
      await expect
        .poll(async () => (await progressOf(run)).blocked[0]?.since ?? 0, { timeout: 20_000 })
        .toBeGreaterThan(since)
      await decide(run, 'retryStep')
      await run.result()
    })
  })

  it('can be skipped with a reason: the host is left out, and the result says so', async () => {
    const hosts = fakeActivities()
    const prepareHost = failing(hosts.activities.prepareHost, 'w1')
    const { outcome } = await temporal.run('apply', { hosts, activities: { prepareHost } }, async (run) => {
      await untilState(run, 'blocked')
      await decide(run, 'skipStep', { step: 'prepare-hosts/w1', reason: 'sent to repair' })
      return run.result()
    })
    expect(outcome.skipped).toEqual([{ step: 'prepare-hosts/w1', host: 'w1', reason: 'sent to repair' }])
    expect(hosts.journal).not.toContain('join w1 begins')
    expect(hosts.journal).toContain('verify cp1,cp2,cp3,w2,lb1 ends')
  })

  it('first removes what its control plane left in etcd if it is skipped', async () => {
    const hosts = fakeActivities()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp3')
    await temporal.run('apply', { hosts, activities: { joinControlPlane } }, async (run) => {
      await untilState(run, 'blocked')
      await decide(run, 'skipStep', { step: 'control-planes/cp3', reason: 'disk' })
      await run.result()
    })
    expect(hosts.journal).toContain('abandon cp3 ends')
  })

  it('stays parked, with the reason, if skipping it would leave something that cannot be undone', async () => {
    const hosts = fakeActivities()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp3')
    const abandonJoin = () => Promise.reject(hopeless('STEP_NOT_SKIPPABLE', 'its member votes', 'cp3'))
    await temporal.run('apply', { hosts, activities: { joinControlPlane, abandonJoin } }, async (run) => {
      await untilState(run, 'blocked')
      await decide(run, 'skipStep', { step: 'control-planes/cp3', reason: 'disk' })
      await expect
        .poll(async () => (await progressOf(run)).blocked[0]?.error.code, { timeout: 20_000 })
        .toBe('STEP_NOT_SKIPPABLE')
      await decide(run, 'retryStep')
      await run.result()
    })
    expect(hosts.journal).toContain('join cp3 ends')
  })

  it.each([
    ['initControlPlane', 'cp1', 'first-control-plane/cp1'],
    ['prepareHost', 'cp1', 'prepare-hosts/cp1'],
    ['configureLoadBalancer', 'lb1', 'load-balancer/lb1'],
    ['verifyCluster', 'cp1', 'verify/cp1'],
  ] as const)('cannot be skipped if the cluster depends on it: %s on %s', async (activity, host, step) => {
    const hosts = fakeActivities()
    const obey = hosts.activities[activity] as (
      cluster: Cluster,
      host: Host,
      ...more: unknown[]
    ) => Promise<unknown>
    await temporal.run('apply', { hosts, activities: { [activity]: failing(obey, host) } }, async (run) => {
      const { blocked } = await untilState(run, 'blocked')
      expect(blocked[0]?.notSkippable).toBeDefined()
      expect(await refusalOf(decide(run, 'skipStep', { step, reason: 'because' }))).toBe('STEP_NOT_SKIPPABLE')
      await decide(run, 'retryStep')
      await run.result()
    })
  })

  it('ends the operation if it is aborted, once running steps have finished', async () => {
    const hosts = fakeActivities()
    const joinWorker = failing(hosts.activities.joinWorker, 'w1')
    const { outcome } = await temporal.run('apply', { hosts, activities: { joinWorker } }, async (run) => {
      await untilParked(run, 'workers/w1')
      await decide(run, 'abort', { reason: 'wrong network' })
      return failure(run)
    })
    expect(outcome).toMatchObject({
      type: 'OPERATION_ABORTED',
      message: expect.stringContaining('wrong network') as string,
      details: [{ problems: [{ host: 'w1', code: 'KUBEADM_PREFLIGHT_FAILED' }] }],
    })
    expect(ended(hosts.journal).toSorted()).toEqual(begun(hosts.journal).toSorted())
  })
})

describe('invalid decisions', () => {
  it('are refused and change nothing', async () => {
    const hosts = fakeActivities()
    const joinWorker = failing(hosts.activities.joinWorker, 'w1')
    await temporal.run('apply', { hosts, activities: { joinWorker } }, async (run) => {
      await untilState(run, 'blocked')
      expect(await refusalOf(decide(run, 'retryStep', { step: 'workers/w9' }))).toBe('STEP_UNKNOWN')
      expect(await refusalOf(decide(run, 'skipStep', { step: 'workers/w1', reason: ' ' }))).toBe('USAGE')
      expect(await refusalOf(decide(run, 'approve'))).toBe('OPERATION_NOT_BLOCKED')
      expect((await progressOf(run)).blocked).toHaveLength(1)
      await decide(run, 'retryStep')
      await run.result()
    })
  })

  it('are refused while nothing is blocked', async () => {
    const hosts = fakeActivities()
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const initControlPlane = async (cluster: Cluster, host: Host) => {
      await held
      return hosts.activities.initControlPlane(cluster, host)
    }
    await temporal.run('apply', { hosts, activities: { initControlPlane } }, async (run) => {
      expect(await refusalOf(decide(run, 'retryStep'))).toBe('OPERATION_NOT_BLOCKED')
      expect(await refusalOf(decide(run, 'abort'))).toBe('OPERATION_NOT_BLOCKED')
      letGo()
      await run.result()
    })
  })
})
