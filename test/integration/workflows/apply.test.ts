import { ApplicationFailure } from '@temporalio/common'
import { describe, expect, it, vi } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import { QuorateError } from '../../../src/errors/index.js'
import { agedFacts } from '../../support/aged-facts.js'
import { aClusterWithEtcdHosts, bareFacts } from '../../support/clusters.js'
import { failure, progressOf, result } from '../../support/conversation.js'
import { fakeActivities } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { TemporalScene } from '../../support/temporal-scene.js'
import { expectOrder } from './journal.js'

const temporal = TemporalScene.forFile()

describe('an apply', () => {
  it('follows the guide: checks the load balancer before init, joins control planes one by one and workers in parallel', async () => {
    const hosts = fakeActivities()
    const { journal } = hosts
    const joinControlPlane = async (cluster: Cluster, host: Host) => {
      // It would wait for ever if the workers were held up by the control planes.
      await vi.waitFor(() => expect(journal).toContain('join w2 ends'), 20_000)
      return hosts.activities.joinControlPlane(cluster, host)
    }
    const activities = { joinControlPlane }
    const { outcome } = await temporal.run('apply', { hosts, activities }, result)
    expect(outcome).toMatchObject({
      changed: true,
      etcdMembers: ['cp1', 'cp2', 'cp3'],
      kubernetesVersion: 'v1.36.3',
    })
    expectOrder(journal, 'test from lb1', 'init cp1', 'pod network')
    expectOrder(journal, 'init cp1', 'join cp2', 'lb1 → cp1,cp2')
    expectOrder(journal, 'join', 'cluster DNS', 'verify cp1,cp2,cp3,w1,w2,lb1')
    expectOrder(journal, 'lb1 → cp1,cp2,cp3', 'verify')
  })

  it('completes etcd on its own hosts before init, and starts its members together', async () => {
    const cluster = aClusterWithEtcdHosts()
    const { journal, outcome: titles } = await temporal.run('apply', { cluster }, async (run) => {
      await run.result()
      return (await progressOf(run)).phases.map(({ title }) => title)
    })
    expectOrder(journal, 'prepare e1', 'certify on e1')
    for (const name of ['e1', 'e2', 'e3']) {
      const member = `etcd ${name} by e1`
      for (const host of ['e1', 'e2', 'e3']) expectOrder(journal, `prepare ${host}`, member)
      expectOrder(journal, 'certify on e1', member, 'init cp1')
    }
    expect(journal).not.toContain('join e1 begins')
    expect(titles).toContain('etcd')
  })

  it('renews certificates and changes etcd endpoints one host at a time, before anything joins', async () => {
    const cluster = aClusterWithEtcdHosts()
    const expiring = { 'etcd/peer.crt': 30, 'apiserver-etcd-client.crt': 30 }
    const lasting = Object.fromEntries(['e1', 'e2', 'e3', 'cp1', 'cp2'].map((name) => [name, expiring]))
    const facts = agedFacts(cluster, lasting, ['https://192.0.2.31:2379'])
    const { gatherFacts } = finishedCluster(cluster, { facts })
    const { journal } = await temporal.run('apply', { cluster, activities: { gatherFacts } }, result)
    const turns = [
      ...['e1', 'e2', 'e3', 'cp1', 'cp2'].map((host) => `renew on ${host} by e1`),
      ...['cp1', 'cp2'].map((host) => `endpoints of ${host}`),
    ]
    const own = journal.filter((entry) => /^(?:renew|endpoints|init)/.test(entry))
    expect(own).toEqual([...turns, 'init cp1'].flatMap((turn) => [`${turn} begins`, `${turn} ends`]))
  })

  it('reports its progress host by host', async () => {
    const { outcome: progress } = await temporal.run('apply', {}, async (run) => {
      await run.result()
      return progressOf(run)
    })
    expect(progress.state).toBe('done')
    expect(progress.phases.map(({ title, state }) => `${title}: ${state}`)).toContain('Control planes: done')
    expect(progress.phases.find(({ id }) => id === 'workers')?.hosts.map(({ host }) => host)).toEqual([
      'w1',
      'w2',
    ])
  })

  it('changes nothing if preflight finds problems, and reports all of them', async () => {
    const gatherFacts = (_cluster: Cluster, host: Host) =>
      Promise.resolve(bareFacts(host.name, host.name.startsWith('w') ? { freeMiB: 10 } : {}))
    const { journal, outcome } = await temporal.run('apply', { activities: { gatherFacts } }, failure)
    expect(outcome).toMatchObject({
      type: 'PREFLIGHT_FAILED',
      details: [{ problems: [{ host: 'w1' }, { host: 'w2' }] }],
    })
    expect(journal).toEqual([])
  })

  it('leaves the load balancer alone if its control planes already serve', async () => {
    const gatherFacts = (_cluster: Cluster, host: Host) =>
      Promise.resolve(
        bareFacts(host.name, {
          listeners: host.role === 'control-plane' ? [{ port: 6443, program: 'kube-apiserver' }] : [],
          paths: host.role === 'load-balancer' ? [] : ['/etc/kubernetes/kubelet.conf'],
        }),
      )
    const { journal } = await temporal.run('apply', { activities: { gatherFacts } }, result)
    expect(journal.filter((entry) => entry.startsWith('lb1 → '))).toEqual([
      'lb1 → cp1,cp2,cp3 begins',
      'lb1 → cp1,cp2,cp3 ends',
    ])
  })

  it('gives the load balancer its backends in file order, whichever joined first', async () => {
    const hosts = fakeActivities()
    const { journal } = hosts
    const prepareHost = async (cluster: Cluster, host: Host) => {
      const joined = () => journal.includes('join cp3 ends')
      if (host.name === 'cp2') await expect.poll(joined, { timeout: 30_000 }).toBe(true)
      return hosts.activities.prepareHost(cluster, host)
    }
    await temporal.run('apply', { hosts, activities: { prepareHost } }, result)
    expect(journal.filter((entry) => /^lb1 → .* ends$/.test(entry))).toEqual([
      'lb1 → cp1 ends',
      'lb1 → cp1,cp3 ends',
      'lb1 → cp1,cp2,cp3 ends',
    ])
  })

  it('reports unreachable hosts together with the problems of the others', async () => {
    const unreachable = new QuorateError('SSH_AUTHENTICATION_FAILED', 'refused', { host: 'cp3' }).report()
    const gatherFacts = (_cluster: Cluster, host: Host) =>
      host.name === 'cp3'
        ? Promise.reject(
            ApplicationFailure.create({ type: unreachable.code, nonRetryable: true, details: [unreachable] }),
          )
        : Promise.resolve(bareFacts(host.name, host.name === 'w1' ? { freeMiB: 10 } : {}))
    const { outcome } = await temporal.run('apply', { activities: { gatherFacts } }, failure)
    expect(outcome.details?.[0]).toMatchObject({
      problems: [
        { code: 'SSH_AUTHENTICATION_FAILED', host: 'cp3' },
        { code: 'DISK_FULL', host: 'w1' },
      ],
    })
  })

  it('waits for the load balancer until the operator vouches for it', async () => {
    const { Context } = await import('@temporalio/activity')
    const checkLoadBalancer = () => Context.current().cancelled
    const beating = async () => {
      const timer = setInterval(() => Context.current().heartbeat({ host: 'lb1', line: 'waiting' }), 200)
      return checkLoadBalancer().finally(() => clearInterval(timer))
    }
    const { journal } = await temporal.run(
      'apply',
      { activities: { checkLoadBalancer: beating } },
      async (run, sofar) => {
        await expect
          .poll(async () => (await progressOf(run)).blockedOn, {
            timeout: 10_000,
          })
          .toBe('load balancer health')
        expect(sofar).not.toContain('init cp1 begins')
        await run.signal(MESSAGES.loadBalancerReady)
        await run.result()
      },
    )
    expect(journal).toContain('init cp1 ends')
  })

  it('does not delay a host because another is slow to prepare', async () => {
    const hosts = fakeActivities()
    const { journal } = hosts
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const prepareHost = async (cluster: Cluster, host: Host) => {
      if (host.name === 'w2') await held
      return hosts.activities.prepareHost(cluster, host)
    }
    await temporal.run('apply', { hosts, activities: { prepareHost } }, async (run) => {
      await expect.poll(() => journal, { timeout: 20_000 }).toContain('lb1 → cp1,cp2,cp3 ends')
      expect(journal).toContain('join w1 ends')
      expect(journal).not.toContain('join w2 begins')
      letGo()
      await run.result()
    })
    expect(journal).toContain('join w2 ends')
  })

  it('passes on the machine ids of hosts, so that no other machine is changed instead', async () => {
    const hosts = fakeActivities()
    const machines: (string | undefined)[] = []
    const prepareHost = (cluster: Cluster, host: Host) => {
      machines.push(host.machineId)
      return hosts.activities.prepareHost(cluster, host)
    }
    await temporal.run('apply', { hosts, activities: { prepareHost } }, result)
    expect(machines).toContain('machine-cp1')
  })
})

describe('a plan', () => {
  it('lists changes and problems without touching a host', async () => {
    const { journal, outcome: plan } = await temporal.run('plan', {}, result)
    expect(plan.problems).toEqual([])
    expect(plan.changes).toContainEqual({ host: 'cp1', phase: 'First control plane', action: 'kubeadm init' })
    expect(journal).toEqual([])
  })
})
