/** Decisions about parked steps. */
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import type { ApplyResult } from '../../../../src/operations/results.js'
import { applyScripted, decide, refusalOf, untilBlocked, type ApplyScripted } from '../parked-applies.js'
import { failing, failureOf, hopeless, fakeActivities, progressOf } from '../../../support/fake-activities.js'
import { startTemporal } from '../../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

/** {@link applyScripted} on this file's server. */
const apply: ApplyScripted = (...args) => applyScripted(temporal, ...args)

describe('a parked step', () => {
  it('stops its host while the others go on, and continues when it is retried', async () => {
    const hosts = fakeActivities()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp2')
    const result = await apply(hosts, { joinControlPlane }, async (handle) => {
      const progress = await untilBlocked(handle)
      expect(progress.blocked).toMatchObject([
        { step: 'control-planes/cp2', host: 'cp2', error: { code: 'KUBEADM_PREFLIGHT_FAILED' } },
      ])
      expect(progress.blockedOn).toBe('control-planes/cp2')
      expect(hosts.journal).toContain('join cp3 ends')
      expect(hosts.journal).toContain('join w2 ends')
      expect(hosts.journal.filter((entry) => entry.startsWith('verify'))).toEqual([])
      expect(await decide(handle, 'retryStep', {})).toEqual({ steps: ['control-planes/cp2'] })
      return (await handle.result()) as ApplyResult
    })
    expect(hosts.journal).toContain('join cp2 ends')
    expect(hosts.journal.at(-1)).toMatch(/^(verify cp1,cp2,cp3,w1,w2,lb1|release \S+) ends$/)
    expect(result.skipped).toEqual([])
  })

  it('blocks only what needs it: a worker that cannot be prepared blocks neither init nor joins', async () => {
    const hosts = fakeActivities()
    const prepareHost = failing(hosts.activities.prepareHost, 'w1')
    await apply(hosts, { prepareHost }, async (handle) => {
      await expect.poll(() => hosts.journal, { timeout: 20_000 }).toContain('join cp3 ends')
      await untilBlocked(handle)
      expect(hosts.journal).not.toContain('join w1 begins')
      await decide(handle, 'retryStep', { step: 'prepare-hosts/w1' })
      await handle.result()
    })
    expect(hosts.journal).toContain('join w1 ends')
  })

  it('is parked again with the newest error if a retry does not help', async () => {
    const hosts = fakeActivities()
    const joinWorker = failing(hosts.activities.joinWorker, 'w1', 2)
    await apply(hosts, { joinWorker }, async (handle) => {
      const before = await untilBlocked(handle)
      await decide(handle, 'retryStep', { step: 'workers/w1' })
      const since = before.blocked[0]?.since ?? 0
      await expect
        .poll(async () => (await progressOf(handle)).blocked[0]?.since ?? 0, { timeout: 20_000 })
        .toBeGreaterThan(since)
      await decide(handle, 'retryStep', {})
      await handle.result()
    })
  })

  it('can be skipped with a reason: the host is left out, and the result says so', async () => {
    const hosts = fakeActivities()
    const prepareHost = failing(hosts.activities.prepareHost, 'w1')
    const result = await apply(hosts, { prepareHost }, async (handle) => {
      await untilBlocked(handle)
      await decide(handle, 'skipStep', { step: 'prepare-hosts/w1', reason: 'sent to repair' })
      return (await handle.result()) as ApplyResult
    })
    expect(result.skipped).toEqual([{ step: 'prepare-hosts/w1', host: 'w1', reason: 'sent to repair' }])
    expect(hosts.journal).not.toContain('join w1 begins')
    expect(hosts.journal).toContain('verify cp1,cp2,cp3,w2,lb1 ends')
  })

  it('first removes what its control plane left in etcd if it is skipped', async () => {
    const hosts = fakeActivities()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp3')
    await apply(hosts, { joinControlPlane }, async (handle) => {
      await untilBlocked(handle)
      await decide(handle, 'skipStep', { step: 'control-planes/cp3', reason: 'disk' })
      await handle.result()
    })
    expect(hosts.journal).toContain('abandon cp3 ends')
  })

  it('stays parked, with the reason, if skipping it would leave something that cannot be undone', async () => {
    const hosts = fakeActivities()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp3')
    const abandonJoin = () => Promise.reject(hopeless('STEP_NOT_SKIPPABLE', 'its member votes', 'cp3'))
    await apply(hosts, { joinControlPlane, abandonJoin }, async (handle) => {
      await untilBlocked(handle)
      await decide(handle, 'skipStep', { step: 'control-planes/cp3', reason: 'disk' })
      await expect
        .poll(async () => (await progressOf(handle)).blocked[0]?.error.code, { timeout: 20_000 })
        .toBe('STEP_NOT_SKIPPABLE')
      await decide(handle, 'retryStep', {})
      await handle.result()
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
    await apply(hosts, { [activity]: failing(obey, host) }, async (handle) => {
      const { blocked } = await untilBlocked(handle)
      expect(blocked[0]?.notSkippable).toBeDefined()
      expect(await refusalOf(decide(handle, 'skipStep', { step, reason: 'because' }))).toBe(
        'STEP_NOT_SKIPPABLE',
      )
      await decide(handle, 'retryStep', {})
      await handle.result()
    })
  })

  it('ends the operation if it is aborted, once running steps have finished', async () => {
    const hosts = fakeActivities()
    const joinWorker = failing(hosts.activities.joinWorker, 'w1')
    const failure = await apply(hosts, { joinWorker }, async (handle) => {
      await expect.poll(async () => (await progressOf(handle)).blocked.length, { timeout: 20_000 }).toBe(1)
      await decide(handle, 'abort', { reason: 'wrong network' })
      return failureOf(handle.result())
    })
    expect(failure).toMatchObject({
      type: 'OPERATION_ABORTED',
      message: expect.stringContaining('wrong network') as string,
      details: [{ problems: [{ host: 'w1', code: 'KUBEADM_PREFLIGHT_FAILED' }] }],
    })
    const begun = hosts.journal.filter((entry) => entry.endsWith(' begins')).length
    expect(hosts.journal.filter((entry) => entry.endsWith(' ends'))).toHaveLength(begun)
  })
})

describe('invalid decisions', () => {
  it('are refused and change nothing', async () => {
    const hosts = fakeActivities()
    const joinWorker = failing(hosts.activities.joinWorker, 'w1')
    await apply(hosts, { joinWorker }, async (handle) => {
      await untilBlocked(handle)
      expect(await refusalOf(decide(handle, 'retryStep', { step: 'workers/w9' }))).toBe('STEP_UNKNOWN')
      expect(await refusalOf(decide(handle, 'skipStep', { step: 'workers/w1', reason: ' ' }))).toBe('USAGE')
      expect(await refusalOf(decide(handle, 'approve', {}))).toBe('OPERATION_NOT_BLOCKED')
      expect((await progressOf(handle)).blocked).toHaveLength(1)
      await decide(handle, 'retryStep', {})
      await handle.result()
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
    await apply(hosts, { initControlPlane }, async (handle) => {
      expect(await refusalOf(decide(handle, 'retryStep', {}))).toBe('OPERATION_NOT_BLOCKED')
      expect(await refusalOf(decide(handle, 'abort', {}))).toBe('OPERATION_NOT_BLOCKED')
      letGo()
      await handle.result()
    })
  })
})
