import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import { MESSAGES } from '../../../../src/operations/messages.js'
import type { ApplyResult } from '../../../../src/operations/results.js'
import {
  applyScripted,
  decide,
  refusalOf,
  untilBlocked,
  type ApplyScripted,
} from '../../../support/decisions.js'
import { bareFacts } from '../../../support/clusters.js'
import { failing, failureOf, hopeless, obedientHosts, progressOf } from '../../../support/obedient-hosts.js'
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

describe('a step that retries cannot fix', () => {
  it('parks its host while the others go on, and goes on when it is retried', async () => {
    const hosts = obedientHosts()
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

  it('holds up only what needs it: a worker that cannot be prepared keeps nobody from init and joins', async () => {
    const hosts = obedientHosts()
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

  it('parks again when a retry does not help, with the newest error', async () => {
    const hosts = obedientHosts()
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
    const hosts = obedientHosts()
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

  it('has what a skipped control plane left in etcd taken out first', async () => {
    const hosts = obedientHosts()
    const joinControlPlane = failing(hosts.activities.joinControlPlane, 'cp3')
    await apply(hosts, { joinControlPlane }, async (handle) => {
      await untilBlocked(handle)
      await decide(handle, 'skipStep', { step: 'control-planes/cp3', reason: 'disk' })
      await handle.result()
    })
    expect(hosts.journal).toContain('abandon cp3 ends')
  })

  it('stays parked, with the reason, when what a skip would leave behind cannot be undone', async () => {
    const hosts = obedientHosts()
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
  ] as const)('cannot be skipped where the cluster hangs on it: %s on %s', async (activity, host, step) => {
    const hosts = obedientHosts()
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

  it('ends the operation when it is aborted, after what runs has come to its end', async () => {
    const hosts = obedientHosts()
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

describe('decisions that make no sense', () => {
  it('are refused, and change nothing', async () => {
    const hosts = obedientHosts()
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
    const hosts = obedientHosts()
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

/** Hosts are held while the plan waits, and given back. */
const isChange = (entry: string) => !/^(?:lock|release) /.test(entry)

describe('a plan that is to be reviewed', () => {
  it('is shown and waits for the approval before anything is changed', async () => {
    const hosts = obedientHosts()
    await apply(
      hosts,
      {},
      async (handle) => {
        const progress = await untilBlocked(handle)
        expect(progress.blockedOn).toBe('approval')
        expect(progress.approval).toContainEqual({
          host: 'cp1',
          phase: 'First control plane',
          action: 'kubeadm init',
        })
        expect(hosts.journal.filter(isChange)).toEqual([])
        expect(await decide(handle, 'approve', {})).toEqual({ steps: ['plan'] })
        await handle.result()
      },
      { review: true },
    )
    expect(hosts.journal).toContain('init cp1 ends')
  })

  it('is made and shown again where hosts have changed since it was shown', async () => {
    const hosts = obedientHosts()
    let isChanged = false
    const gatherFacts = (_cluster: Cluster, { name }: Host) =>
      Promise.resolve(bareFacts(name, isChanged && name === 'w1' ? { swapOn: true } : {}))
    await apply(
      hosts,
      { gatherFacts },
      async (handle) => {
        const shown = (await untilBlocked(handle)).approval
        expect(shown).not.toContainEqual(expect.objectContaining({ action: 'turn swap off, now' }))
        isChanged = true
        await decide(handle, 'approve', {})
        await expect
          .poll(async () => (await progressOf(handle)).warnings, { timeout: 20_000 })
          .toContain('hosts or cluster have changed since the plan was shown: it was made again')
        const again = await untilBlocked(handle)
        expect(again.approval).not.toEqual(shown)
        expect(hosts.journal.filter(isChange)).toEqual([])
        await decide(handle, 'approve', {})
        await handle.result()
      },
      { review: true },
    )
    expect(hosts.journal).toContain('init cp1 ends')
  })

  it('can be turned down', async () => {
    const hosts = obedientHosts()
    const failure = await apply(
      hosts,
      {},
      async (handle) => {
        await untilBlocked(handle)
        await decide(handle, 'abort', {})
        return failureOf(handle.result())
      },
      { review: true },
    )
    expect(failure.type).toBe('OPERATION_ABORTED')
    expect(hosts.journal.filter(isChange)).toEqual([])
  })
})

describe('a pause', () => {
  it('lets what runs come to its end, starts nothing, and ends with the signal resume', async () => {
    const hosts = obedientHosts()
    let pause: () => Promise<void> = () => Promise.resolve()
    const initControlPlane = async (cluster: Cluster, host: Host) => {
      await pause()
      return hosts.activities.initControlPlane(cluster, host)
    }
    await apply(hosts, { initControlPlane }, async (handle) => {
      pause = () => handle.signal(MESSAGES.pause)
      await expect.poll(async () => (await progressOf(handle)).state, { timeout: 20_000 }).toBe('paused')
      expect(hosts.journal).toContain('init cp1 ends')
      expect(hosts.journal).not.toContain('pod network begins')
      await handle.signal(MESSAGES.resume)
      await handle.result()
    })
    expect(hosts.journal).toContain('pod network ends')
  })
})

describe('a cancel', () => {
  it('ends the operation once the steps that run have stopped, and gives the hosts back', async () => {
    const hosts = obedientHosts()
    const { Context } = await import('@temporalio/activity')
    let cancel: () => Promise<unknown> = () => Promise.resolve()
    const joinControlPlane = async (_cluster: Cluster, host: Host) => {
      hosts.journal.push(`join ${host.name} begins`)
      const timer = setInterval(() => Context.current().heartbeat({ host: host.name, line: '' }), 200)
      await cancel()
      await Context.current().cancelled.catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 300))
      clearInterval(timer)
      hosts.journal.push(`join ${host.name} stopped`)
      throw Context.current().cancellationSignal.reason
    }
    const progress = await apply(hosts, { joinControlPlane }, async (handle) => {
      cancel = () => handle.cancel()
      await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
      return progressOf(handle)
    })
    expect(hosts.journal).not.toContain('join cp3 begins')
    const stopped = hosts.journal.indexOf('join cp2 stopped')
    expect(stopped).toBeGreaterThan(0)
    expect(hosts.journal.indexOf('release cp2 begins')).toBeGreaterThan(stopped)
    const joins = progress.phases.find(({ title }) => title === 'Control planes')
    expect(joins?.hosts).toMatchObject([
      { host: 'cp2', state: 'failed', error: { code: 'OPERATION_CANCELLED' } },
      { host: 'cp3', state: 'pending' },
    ])
  })
})
