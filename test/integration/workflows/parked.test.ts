import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { aCluster, aHost } from '../../support/clusters.js'
import {
  decide,
  failure,
  progressOf,
  refusalOf,
  untilParked,
  untilState,
} from '../../support/conversation.js'
import { failing, fakeActivities, hopeless } from '../../support/fake-activities.js'
import { TemporalScene } from '../../support/temporal-scene.js'
import { expectOrder } from './journal.js'

const temporal = TemporalScene.forFile()

describe('the consequence of skipping a control plane', () => {
  it('is shown first, and carried out only then', async () => {
    const hosts = fakeActivities()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp3')
    const onSkip = 'removes its etcd member'
    const settleJoin = () => Promise.resolve({ onSkip })
    const removals: unknown[] = []
    const abandonJoin = (cluster: Cluster, host: Host, _first: Host, voter?: string) => {
      removals.push(voter)
      return hosts.activities.abandonJoin(cluster, host)
    }
    await temporal.run(
      'apply',
      { hosts, activities: { joinControlPlane, settleJoin, abandonJoin } },
      async (run) => {
        expect((await untilState(run, 'blocked')).blocked[0]?.onSkip).toBe(onSkip)
        await decide(run, 'skipStep', { step: 'control-planes/cp3', reason: 'dead' })
        await run.result()
      },
    )
    expect(removals).toEqual(['shown', 'late'])
  })

  it('is refused with the reason if quorum does not allow it', async () => {
    const hosts = fakeActivities()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp3')
    const settleJoin = () => Promise.resolve({ notSkippable: '1 healthy of 2 voters' })
    await temporal.run('apply', { hosts, activities: { joinControlPlane, settleJoin } }, async (run) => {
      expect((await untilState(run, 'blocked')).blocked[0]?.notSkippable).toBe('1 healthy of 2 voters')
      const skip = decide(run, 'skipStep', { step: 'control-planes/cp3', reason: 'dead' })
      expect(await refusalOf(skip)).toBe('STEP_NOT_SKIPPABLE')
      await decide(run, 'retryStep')
      await run.result()
    })
  })

  it('is determined within its turn: no other join begins before', async () => {
    const hosts = fakeActivities()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp2')
    await temporal.run('apply', { hosts, activities: { joinControlPlane } }, async (run) => {
      await untilState(run, 'blocked')
      await decide(run, 'retryStep')
      await run.result()
    })
    expectOrder(hosts.journal, 'settle cp2', 'join cp3')
  })

  it('is passed on to later joins, which still check what the host adds to etcd', async () => {
    const hosts = fakeActivities()
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
    await temporal.run('apply', { hosts, activities: { joinControlPlane, prepareHost } }, async (run) => {
      await untilParked(run, 'control-planes/cp2')
      await decide(run, 'skipStep', { step: 'control-planes/cp2', reason: 'out of reach' })
      await expect.poll(() => hosts.journal, { timeout: 30_000 }).toContain('abandon cp2 ends')
      letGo()
      await run.result()
    })
    expect(joins.at(-1)).toEqual(['cp3', ['cp2']])
    expect(hosts.journal.filter((entry) => entry === 'abandon cp2 ends')).toHaveLength(2)
  })
})

describe('a load balancer that dies between joins', () => {
  const cluster = aCluster({
    hosts: ['cp1', 'cp2', 'cp3', 'w1', 'lb1', 'lb2'].map((name) => aHost(name)),
    loadBalancer: { type: 'haproxy', hosts: ['lb1', 'lb2'] },
  })

  it('does not block the joins of control planes, and can be skipped while another works', async () => {
    const hosts = fakeActivities()
    const configureLoadBalancer = (one: Cluster, host: Host, backends: readonly Host[]) =>
      backends.length > 1 && host.name === 'lb2'
        ? Promise.reject(hopeless('SSH_UNREACHABLE', 'no answer', 'lb2'))
        : hosts.activities.configureLoadBalancer(one, host, backends)
    const { outcome } = await temporal.run(
      'apply',
      { cluster, hosts, activities: { configureLoadBalancer } },
      async (run) => {
        const { blocked } = await untilState(run, 'blocked')
        expect(blocked).toMatchObject([
          { step: 'load-balancer-backends/lb2', error: { code: 'SSH_UNREACHABLE' } },
        ])
        expect(blocked[0]?.notSkippable).toBeUndefined()
        expect(hosts.journal).toContain('lb1 → cp1,cp2,cp3 ends')
        await decide(run, 'skipStep', { step: 'load-balancer-backends/lb2', reason: 'dead' })
        return run.result()
      },
    )
    expect(outcome.skipped).toMatchObject([{ host: 'lb2' }])
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
    const hosts = fakeActivities()
    const checkLoadBalancer = await neverHealthy()
    const { outcome } = await temporal.run(
      'apply',
      { hosts, activities: { checkLoadBalancer } },
      async (run) => {
        await untilState(run, 'waiting')
        await decide(run, 'abort', { reason: 'no balancer' })
        return failure(run)
      },
    )
    expect(outcome.type).toBe('OPERATION_ABORTED')
    expect(hosts.journal).toContain('release cp1 ends')
  })

  it('is blocked while a host is parked, and accepts no decisions once it is aborted', async () => {
    const hosts = fakeActivities()
    const checkLoadBalancer = await neverHealthy()
    const prepareHost = failing(hosts.activities.prepareHost, 'w1')
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const releaseHost = (cluster: Cluster, host: Host) =>
      held.then(() => hosts.activities.releaseHost(cluster, host))
    const { outcome } = await temporal.run(
      'apply',
      { hosts, activities: { checkLoadBalancer, prepareHost, releaseHost } },
      async (run) => {
        await untilState(run, 'blocked')
        expect(await decide(run, 'abort')).toEqual({ steps: ['prepare-hosts/w1'] })
        const progress = await progressOf(run)
        expect(progress).toMatchObject({ state: 'aborting', blocked: [] })
        expect(progress.blockedOn).toBeUndefined()
        for (const [update, decision] of [
          ['retryStep', {}],
          ['skipStep', { step: 'prepare-hosts/w1', reason: 'late' }],
          ['abort', {}],
          ['approve', {}],
        ] as const) {
          expect(await refusalOf(decide(run, update, decision))).toBe('OPERATION_NOT_BLOCKED')
        }
        letGo()
        return failure(run)
      },
    )
    expect(outcome).toMatchObject({
      type: 'OPERATION_ABORTED',
      details: [{ problems: [{ host: 'w1', code: 'KUBEADM_PREFLIGHT_FAILED' }] }],
    })
  })
})
