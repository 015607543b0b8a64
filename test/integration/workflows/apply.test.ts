import { ApplicationFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import type { ApplyResult, PlanResult } from '../../../src/operations/results.js'
import { QuorateError } from '../../../src/errors/index.js'
import { aCluster, aClusterWithEtcdHosts, bareFacts } from '../../support/clusters.js'
import { failureOf, fakeActivities, progressOf, startScripted } from '../../support/fake-activities.js'
import { agedFacts } from '../../support/aged-facts.js'
import { scriptedWorker, startTemporal } from '../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

const start = (kind: 'apply' | 'plan', cluster: Cluster) => startScripted(temporal, kind, cluster)

describe('an apply', () => {
  it('follows the guide: checks the load balancer before init, joins control planes one by one and workers in parallel', async () => {
    const { journal, activities } = fakeActivities()
    const joinControlPlane = async (cluster: Cluster, host: Host) => {
      // It would wait for ever if the workers were held up by the control planes.
      await vi.waitFor(() => expect(journal).toContain('join w2 ends'), 20_000)
      return activities.joinControlPlane(cluster, host)
    }
    const worker = await scriptedWorker(temporal, { ...activities, joinControlPlane })
    const result = await worker.runUntil(
      async () => (await start('apply', aCluster())).result() as Promise<ApplyResult>,
    )

    expect(result).toMatchObject({
      changed: true,
      etcdMembers: ['cp1', 'cp2', 'cp3'],
      kubernetesVersion: 'v1.36.3',
    })
    const at = (entry: string) => journal.indexOf(entry)
    expect(at('test from lb1 ends')).toBeLessThan(at('init cp1 begins'))
    expect(at('init cp1 ends')).toBeLessThan(at('pod network begins'))
    expect(at('init cp1 ends')).toBeLessThan(at('join cp2 begins'))
    expect(at('join cp2 ends')).toBeLessThan(at('lb1 → cp1,cp2 begins'))
    for (const host of ['cp3', 'w1', 'w2']) {
      expect(at('cluster DNS begins')).toBeGreaterThan(at(`join ${host} ends`))
    }
    expect(at('verify cp1,cp2,cp3,w1,w2,lb1 begins')).toBeGreaterThan(at('lb1 → cp1,cp2,cp3 ends'))
    expect(at('verify cp1,cp2,cp3,w1,w2,lb1 begins')).toBeGreaterThan(at('cluster DNS ends'))
  })

  it('completes etcd on its own hosts before init, and starts its members together', async () => {
    const { journal, activities } = fakeActivities()
    const cluster = aClusterWithEtcdHosts()
    const worker = await scriptedWorker(temporal, activities)
    const titles = await worker.runUntil(async () => {
      const handle = await start('apply', cluster)
      await handle.result()
      return (await progressOf(handle)).phases.map(({ title }) => title)
    })
    const at = (entry: string) => journal.indexOf(entry)
    const members = ['e1', 'e2', 'e3'].map((name) => `etcd ${name} by e1`)
    const lastPrepared = Math.max(...['e1', 'e2', 'e3'].map((name) => at(`prepare ${name} ends`)))
    expect(at('certify on e1 begins')).toBeGreaterThan(at('prepare e1 ends'))
    for (const member of members) {
      expect(at(`${member} begins`)).toBeGreaterThan(Math.max(lastPrepared, at('certify on e1 ends')))
      expect(at(`${member} ends`)).toBeLessThan(at('init cp1 begins'))
    }
    expect(journal).not.toContain('join e1 begins')
    expect(titles).toContain('etcd')
  })

  it('renews certificates and changes etcd endpoints one host at a time, before anything joins', async () => {
    const { journal, activities } = fakeActivities()
    const cluster = aClusterWithEtcdHosts()
    const expiring = { 'etcd/peer.crt': 30, 'apiserver-etcd-client.crt': 30 }
    const lasting = Object.fromEntries(['e1', 'e2', 'e3', 'cp1', 'cp2'].map((name) => [name, expiring]))
    const facts = agedFacts(cluster, lasting, ['https://192.0.2.31:2379'])
    const gatherFacts = (_cluster: Cluster, { name }: Host) =>
      Promise.resolve(facts.find(({ host }) => host === name))
    const worker = await scriptedWorker(temporal, { ...activities, gatherFacts })
    await worker.runUntil(async () => {
      await (await start('apply', cluster)).result()
    })
    const turns = [
      ...['e1', 'e2', 'e3', 'cp1', 'cp2'].map((host) => `renew on ${host} by e1`),
      ...['cp1', 'cp2'].map((host) => `endpoints of ${host}`),
    ]
    const own = journal.filter((entry) => /^renew|^endpoints|^init/.test(entry))
    expect(own).toEqual([...turns, 'init cp1'].flatMap((turn) => [`${turn} begins`, `${turn} ends`]))
  })

  it('reports its progress host by host', async () => {
    const { activities } = fakeActivities()
    const worker = await scriptedWorker(temporal, activities)
    const progress = await worker.runUntil(async () => {
      const handle = await start('apply', aCluster())
      await handle.result()
      return progressOf(handle)
    })
    expect(progress.state).toBe('done')
    expect(progress.phases.map(({ title, state }) => `${title}: ${state}`)).toContain('Control planes: done')
    expect(progress.phases.find(({ id }) => id === 'workers')?.hosts.map(({ host }) => host)).toEqual([
      'w1',
      'w2',
    ])
  })

  it('changes nothing if preflight finds problems, and reports all of them', async () => {
    const { journal, activities } = fakeActivities()
    const gatherFacts = (_cluster: Cluster, host: Host) =>
      Promise.resolve(bareFacts(host.name, host.name.startsWith('w') ? { freeMiB: 10 } : {}))
    const worker = await scriptedWorker(temporal, { ...activities, gatherFacts })
    const failure = await worker.runUntil(async () => failureOf((await start('apply', aCluster())).result()))
    expect(failure).toMatchObject({
      type: 'PREFLIGHT_FAILED',
      details: [{ problems: [{ host: 'w1' }, { host: 'w2' }] }],
    })
    expect(journal).toEqual([])
  })

  it('leaves the load balancer alone if its control planes already serve', async () => {
    const { journal, activities } = fakeActivities()
    const gatherFacts = (_cluster: Cluster, host: Host) =>
      Promise.resolve(
        bareFacts(host.name, {
          listeners: host.role === 'control-plane' ? [{ port: 6443, program: 'kube-apiserver' }] : [],
          paths: host.role === 'load-balancer' ? [] : ['/etc/kubernetes/kubelet.conf'],
        }),
      )
    const worker = await scriptedWorker(temporal, { ...activities, gatherFacts })
    await worker.runUntil(async () => {
      await (await start('apply', aCluster())).result()
    })
    expect(journal.filter((entry) => entry.startsWith('lb1 → '))).toEqual([
      'lb1 → cp1,cp2,cp3 begins',
      'lb1 → cp1,cp2,cp3 ends',
    ])
  })

  it('gives the load balancer its backends in file order, whichever joined first', async () => {
    const { journal, activities } = fakeActivities()
    const prepareHost = async (cluster: Cluster, host: Host) => {
      const joined = () => journal.includes('join cp3 ends')
      if (host.name === 'cp2') await expect.poll(joined, { timeout: 30_000 }).toBe(true)
      return activities.prepareHost(cluster, host)
    }
    const worker = await scriptedWorker(temporal, { ...activities, prepareHost })
    await worker.runUntil(async () => {
      await (await start('apply', aCluster())).result()
    })
    expect(journal.filter((entry) => /^lb1 → .* ends$/.test(entry))).toEqual([
      'lb1 → cp1 ends',
      'lb1 → cp1,cp3 ends',
      'lb1 → cp1,cp2,cp3 ends',
    ])
  })

  it('reports unreachable hosts together with the problems of the others', async () => {
    const { activities } = fakeActivities()
    const unreachable = new QuorateError('SSH_AUTHENTICATION_FAILED', 'refused', { host: 'cp3' }).report()
    const gatherFacts = (_cluster: Cluster, host: Host) =>
      host.name === 'cp3'
        ? Promise.reject(
            ApplicationFailure.create({ type: unreachable.code, nonRetryable: true, details: [unreachable] }),
          )
        : Promise.resolve(bareFacts(host.name, host.name === 'w1' ? { freeMiB: 10 } : {}))
    const worker = await scriptedWorker(temporal, { ...activities, gatherFacts })
    const failure = await worker.runUntil(async () => failureOf((await start('apply', aCluster())).result()))
    expect(failure.details?.[0]).toMatchObject({
      problems: [
        { code: 'SSH_AUTHENTICATION_FAILED', host: 'cp3' },
        { code: 'DISK_FULL', host: 'w1' },
      ],
    })
  })

  it('waits for the load balancer until the operator vouches for it', async () => {
    const { journal, activities } = fakeActivities()
    const { Context } = await import('@temporalio/activity')
    const checkLoadBalancer = () => Context.current().cancelled
    const beating = async () => {
      const timer = setInterval(() => Context.current().heartbeat({ host: 'lb1', line: 'waiting' }), 200)
      return checkLoadBalancer().finally(() => clearInterval(timer))
    }
    const worker = await scriptedWorker(temporal, { ...activities, checkLoadBalancer: beating })
    await worker.runUntil(async () => {
      const handle = await start('apply', aCluster())
      await expect
        .poll(async () => (await progressOf(handle)).blockedOn, {
          timeout: 10_000,
        })
        .toBe('load balancer health')
      expect(journal).not.toContain('init cp1 begins')
      await handle.signal(MESSAGES.loadBalancerReady)
      await handle.result()
    })
    expect(journal).toContain('init cp1 ends')
  })

  it('does not delay a host because another is slow to prepare', async () => {
    const { journal, activities } = fakeActivities()
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const prepareHost = async (cluster: Cluster, host: Host) => {
      if (host.name === 'w2') await held
      return activities.prepareHost(cluster, host)
    }
    const worker = await scriptedWorker(temporal, { ...activities, prepareHost })
    await worker.runUntil(async () => {
      const handle = await start('apply', aCluster())
      await expect.poll(() => journal, { timeout: 20_000 }).toContain('lb1 → cp1,cp2,cp3 ends')
      expect(journal).toContain('join w1 ends')
      expect(journal).not.toContain('join w2 begins')
      letGo()
      await handle.result()
    })
    expect(journal).toContain('join w2 ends')
  })

  it('passes on the machine ids of hosts, so that no other machine is changed instead', async () => {
    const { activities } = fakeActivities()
    const machines: (string | undefined)[] = []
    const prepareHost = (cluster: Cluster, host: Host) => {
      machines.push(host.machineId)
      return activities.prepareHost(cluster, host)
    }
    const worker = await scriptedWorker(temporal, { ...activities, prepareHost })
    await worker.runUntil(async () => {
      await (await start('apply', aCluster())).result()
    })
    expect(machines).toContain('machine-cp1')
  })
})

describe('a plan', () => {
  it('lists changes and problems without touching a host', async () => {
    const { journal, activities } = fakeActivities()
    const worker = await scriptedWorker(temporal, { gatherFacts: activities.gatherFacts })
    const plan = await worker.runUntil(
      async () => (await start('plan', aCluster())).result() as Promise<PlanResult>,
    )
    expect(plan.problems).toEqual([])
    expect(plan.changes).toContainEqual({ host: 'cp1', phase: 'First control plane', action: 'kubeadm init' })
    expect(journal).toEqual([])
  })
})
