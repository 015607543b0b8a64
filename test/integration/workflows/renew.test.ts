import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { ClusterPresence } from '../../../src/facts/standing.js'
import type { RenewRequest } from '../../../src/operations/input.js'
import { agedCertificates } from '../../support/aged-facts.js'
import { defined } from '../../../src/values/defined.js'
import { aCluster, aClusterWithEtcdHosts } from '../../support/clusters.js'
import { failure, result } from '../../support/conversation.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { joinedFacts } from '../../support/standings.js'
import { TemporalScene, type Follow, type Script } from '../../support/temporal-scene.js'
import { begun, expectOrder, expectOverlap } from './journal.js'

const temporal = TemporalScene.forFile()

const DOWN: ClusterPresence = { kind: 'unreadable', host: 'cp1', reason: 'connection refused' }
const DUE: RenewRequest = { hosts: [], all: false }

interface Scene extends Script<'renew'> {
  readonly days?: number
  readonly presence?: ClusterPresence
}

/** Renews a cluster whose certificates have so many days left. */
function renewing<Outcome>(
  { days = 20, presence, activities, ...script }: Scene,
  follow: Follow<'renew', Outcome>,
) {
  const cluster = script.cluster ?? aCluster()
  const facts = joinedFacts(cluster, agedCertificates(cluster, days))
  const looks = finishedCluster(cluster, { facts, ...defined({ presence }) })
  return temporal.run('renew', { request: DUE, activities: { ...looks, ...activities }, ...script }, follow)
}

describe('a renewal', () => {
  it('renews one control plane after the other, and looks at all of them in the end', async () => {
    const { journal, outcome } = await renewing({}, result)
    expect(begun(journal).slice(0, 3)).toEqual(['renew cp1', 'renew cp2', 'renew cp3'])
    expectOrder(journal, 'renew cp1', 'renew cp2')
    expectOrder(journal, 'renew cp3', 'look at cp1')
    expect(begun(journal).some((entry) => entry.startsWith('kubelet'))).toBe(false)
    expect(outcome.hosts.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3'])
  })

  it('takes a control plane out of the balancers only while its API server must restart', async () => {
    const renewControlPlane = (_: Cluster, { name }: Host) =>
      Promise.resolve({ changed: true, summary: 'renewed', mustRestart: name === 'cp2' })
    const { journal } = await renewing({ activities: { renewControlPlane } }, result)
    expect(begun(journal).filter((entry) => /→|restart/.test(entry))).toEqual([
      'lb1 → cp1,cp3',
      'restart cp2',
      'lb1 → cp1,cp2,cp3',
    ])
  })

  it('of a cluster with etcd hosts renews the members first, and the clients once their API servers can serve', async () => {
    const { journal } = await renewing({ cluster: aClusterWithEtcdHosts() }, result)
    expect(begun(journal)[0]).toBe('certify on e1')
    expectOrder(journal, 'renew on e3 by e1', 'renew cp1')
    expectOrder(journal, 'renew cp2', 'renew on cp1 by e1')
    expectOrder(journal, 'renew on cp2 by e1', 'look at e1')
  })

  it('tells steps what was issued before it began, if everything is to be renewed', async () => {
    const asked: unknown[] = []
    const renewControlPlane = (_: Cluster, host: Host, renewal: object) => {
      asked.push({ host: host.name, ...renewal })
      return Promise.resolve({ changed: true, summary: 'renewed', mustRestart: false })
    }
    const request = { hosts: ['cp2'], all: true }
    const { outcome } = await renewing({ days: 300, request, activities: { renewControlPlane } }, result)
    expect(asked).toMatchObject([{ host: 'cp2', isDown: false, since: expect.any(Number) as number }])
    expect(outcome.hosts).toEqual([{ name: 'cp2', did: ['renewed'] }])
  })

  it('is refused for a host that the file does not have, before anything is locked', async () => {
    const request = { hosts: ['cp9'], all: false }
    const { journal, outcome } = await renewing({ request }, failure)
    expect(JSON.stringify(outcome.details)).toContain('HOST_UNKNOWN')
    expect(journal).toEqual([])
  })
})

describe('a cluster whose certificates have all ended', () => {
  const scene = { days: -30, presence: DOWN }

  it('is brought back without its API: control planes, their kubelets, then the workers', async () => {
    const { journal } = await renewing(scene, result)
    expectOrder(journal, 'renew cp3', 'kubelet of cp1')
    for (const name of ['cp1', 'cp2', 'cp3']) {
      expectOrder(journal, `kubelet of ${name}`, 'look at cp1')
      expectOrder(journal, `look at ${name}`, 'kubelet of w1')
    }
    expect(journal).toContain('kubelet of w2 ends')
  })

  it('starts its etcd hosts at once before anything else', async () => {
    const { journal } = await renewing({ ...scene, cluster: aClusterWithEtcdHosts() }, result)
    expectOverlap(journal, 'etcd e1 by e1', 'etcd e3 by e1')
    expectOrder(journal, 'etcd e3 by e1', 'renew cp1')
  })

  it('waits for no other control plane, because none can answer', async () => {
    const asked: unknown[] = []
    const renewControlPlane = (_: Cluster, __: Host, renewal: object) => {
      asked.push(renewal)
      return Promise.resolve({ changed: true, summary: 'renewed', mustRestart: false })
    }
    await renewing({ ...scene, activities: { renewControlPlane } }, result)
    expect(asked).toEqual([1, 2, 3].map(() => ({ others: [], isDown: true })))
  })
})
