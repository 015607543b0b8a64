import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { ApplyResult } from '../../../src/operations/results.js'
import { aCluster, aHost } from '../../support/clusters.js'
import {
  applyScripted,
  decide,
  refusalOf,
  untilBlocked,
  type ApplyScripted,
} from '../../support/decisions.js'
import { failing, failureOf, hopeless, obedientHosts, progressOf } from '../../support/obedient-hosts.js'
import { startTemporal } from '../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

/** {@link applyScripted} on this file's server. */
const apply: ApplyScripted = (...args) => applyScripted(temporal, ...args)

describe('what skipping a control plane does', () => {
  it('is shown before, and done only where it was', async () => {
    const hosts = obedientHosts()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp3')
    const onSkip = 'removes its etcd member'
    const settleJoin = () => Promise.resolve({ onSkip })
    const removals: unknown[] = []
    const abandonJoin = (cluster: Cluster, host: Host, _first: Host, voter?: string) => {
      removals.push(voter)
      return hosts.activities.abandonJoin(cluster, host)
    }
    await apply(hosts, { joinControlPlane, settleJoin, abandonJoin }, async (handle) => {
      expect((await untilBlocked(handle)).blocked[0]?.onSkip).toBe(onSkip)
      await decide(handle, 'skipStep', { step: 'control-planes/cp3', reason: 'dead' })
      await handle.result()
    })
    expect(removals).toEqual(['shown', 'late'])
  })

  it('is refused with the reason where quorum does not allow it', async () => {
    const hosts = obedientHosts()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp3')
    const settleJoin = () => Promise.resolve({ notSkippable: '1 healthy of 2 voters' })
    await apply(hosts, { joinControlPlane, settleJoin }, async (handle) => {
      expect((await untilBlocked(handle)).blocked[0]?.notSkippable).toBe('1 healthy of 2 voters')
      const skip = decide(handle, 'skipStep', { step: 'control-planes/cp3', reason: 'dead' })
      expect(await refusalOf(skip)).toBe('STEP_NOT_SKIPPABLE')
      await decide(handle, 'retryStep', {})
      await handle.result()
    })
  })

  it('is settled within the turn: no other join begins before', async () => {
    const hosts = obedientHosts()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp2')
    await apply(hosts, { joinControlPlane }, async (handle) => {
      await untilBlocked(handle)
      await decide(handle, 'retryStep', {})
      await handle.result()
    })
    const { journal } = hosts
    expect(journal.indexOf('settle cp2 ends')).toBeLessThan(journal.indexOf('join cp3 begins'))
  })

  it('is told to the joins after it, which look for what the host brings to etcd all the same', async () => {
    const hosts = obedientHosts()
    const joins: unknown[] = []
    const fail = failing(hosts.activities.joinControlPlane, 'cp2')
    let letGo: () => void = () => undefined
    const skipped = new Promise<void>((resolve) => (letGo = resolve))
    const prepareHost = async (cluster: Cluster, host: Host) => {
      if (host.name === 'cp3') await skipped
      return hosts.activities.prepareHost(cluster, host)
    }
    const joinControlPlane = (cluster: Cluster, host: Host, _first: Host, leftOut: readonly Host[] = []) => {
      joins.push([host.name, leftOut.map(({ name }) => name)])
      return fail(cluster, host)
    }
    await apply(hosts, { joinControlPlane, prepareHost }, async (handle) => {
      const parked = async () => (await progressOf(handle)).blocked.length
      await expect.poll(parked, { timeout: 30_000 }).toBe(1)
      await decide(handle, 'skipStep', { step: 'control-planes/cp2', reason: 'out of reach' })
      await expect.poll(() => hosts.journal, { timeout: 30_000 }).toContain('abandon cp2 ends')
      letGo()
      await handle.result()
    })
    expect(joins.at(-1)).toEqual(['cp3', ['cp2']])
    expect(hosts.journal.filter((entry) => entry === 'abandon cp2 ends')).toHaveLength(2)
  })
})

describe('a balancer that dies between joins', () => {
  const cluster = aCluster({
    hosts: ['cp1', 'cp2', 'cp3', 'w1', 'lb1', 'lb2'].map((name) => aHost(name)),
    loadBalancer: { type: 'haproxy', hosts: ['lb1', 'lb2'] },
  })

  it('keeps no control plane from joining, and may be skipped while the other lives', async () => {
    const hosts = obedientHosts()
    const configureLoadBalancer = (one: Cluster, host: Host, backends: readonly Host[]) =>
      backends.length > 1 && host.name === 'lb2'
        ? Promise.reject(hopeless('SSH_UNREACHABLE', 'no answer', 'lb2'))
        : hosts.activities.configureLoadBalancer(one, host, backends)
    const result = await apply(
      hosts,
      { configureLoadBalancer },
      async (handle) => {
        const { blocked } = await untilBlocked(handle)
        expect(blocked).toMatchObject([
          { step: 'load-balancer-backends/lb2', error: { code: 'SSH_UNREACHABLE' } },
        ])
        expect(blocked[0]?.notSkippable).toBeUndefined()
        expect(hosts.journal).toContain('lb1 → cp1,cp2,cp3 ends')
        await decide(handle, 'skipStep', { step: 'load-balancer-backends/lb2', reason: 'dead' })
        return (await handle.result()) as ApplyResult
      },
      { cluster },
    )
    expect(result.skipped).toMatchObject([{ host: 'lb2' }])
    expect(hosts.journal).toContain('verify cp1,cp2,cp3,w1,lb1 ends')
  })
})

/** A load balancer that is never healthy. */
async function neverHealthy(): Promise<() => Promise<never>> {
  const { Context } = await import('@temporalio/activity')
  return () => {
    const timer = setInterval(() => Context.current().heartbeat({ host: 'lb1', line: 'waiting' }), 200)
    return Context.current().cancelled.finally(() => clearInterval(timer))
  }
}

describe('an apply that waits for its load balancer', () => {
  it('can be aborted', async () => {
    const hosts = obedientHosts()
    const checkLoadBalancer = await neverHealthy()
    const failure = await apply(hosts, { checkLoadBalancer }, async (handle) => {
      await expect.poll(async () => (await progressOf(handle)).state, { timeout: 30_000 }).toBe('waiting')
      await decide(handle, 'abort', { reason: 'no balancer' })
      return failureOf(handle.result())
    })
    expect(failure.type).toBe('OPERATION_ABORTED')
    expect(hosts.journal).toContain('release cp1 ends')
  })

  it('is blocked while a host is parked, and ends when it is aborted, which takes no more decisions', async () => {
    const hosts = obedientHosts()
    const checkLoadBalancer = await neverHealthy()
    const prepareHost = failing(hosts.activities.prepareHost, 'w1')
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const releaseHost = (cluster: Cluster, host: Host) =>
      held.then(() => hosts.activities.releaseHost(cluster, host))
    const failure = await apply(hosts, { checkLoadBalancer, prepareHost, releaseHost }, async (handle) => {
      await untilBlocked(handle)
      expect(await decide(handle, 'abort', {})).toEqual({ steps: ['prepare-hosts/w1'] })
      const progress = await progressOf(handle)
      expect(progress).toMatchObject({ state: 'aborting', blocked: [] })
      expect(progress.blockedOn).toBeUndefined()
      for (const [update, decision] of [
        ['retryStep', {}],
        ['skipStep', { step: 'prepare-hosts/w1', reason: 'late' }],
        ['abort', {}],
        ['approve', {}],
      ] as const) {
        expect(await refusalOf(decide(handle, update, decision))).toBe('OPERATION_NOT_BLOCKED')
      }
      letGo()
      return failureOf(handle.result())
    })
    expect(failure).toMatchObject({
      type: 'OPERATION_ABORTED',
      details: [{ problems: [{ host: 'w1', code: 'KUBEADM_PREFLIGHT_FAILED' }] }],
    })
  })
})
