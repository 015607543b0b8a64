import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { ClusterPresence } from '../../../src/facts/standing.js'
import type { RenewRequest } from '../../../src/operations/input.js'
import type { RenewResult } from '../../../src/operations/results.js'
import { agedCertificates } from '../../support/aged-facts.js'
import { aCluster, aClusterWithEtcdHosts } from '../../support/clusters.js'
import { failureOf, fakeActivities, startScripted } from '../../support/fake-activities.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { scriptedWorker, startTemporal, type ScriptedActivities } from '../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

const DOWN: ClusterPresence = { kind: 'unreadable', host: 'cp1', reason: 'connection refused' }
const DUE: RenewRequest = { hosts: [], all: false }

interface Scene {
  readonly cluster?: Cluster
  readonly days?: number
  readonly presence?: ClusterPresence
  readonly request?: RenewRequest
  readonly replace?: ScriptedActivities
}

const result = (run: WorkflowHandle) => run.result() as Promise<RenewResult>

/** Renews a cluster whose certificates have so many days left. */
async function renewing<Result>(
  { cluster = aCluster(), days = 20, presence, request = DUE, replace = {} }: Scene,
  act: (run: WorkflowHandle) => Promise<Result>,
): Promise<{ readonly journal: readonly string[]; readonly outcome: Result }> {
  const { journal, activities } = fakeActivities()
  const facts = joinedFacts(cluster, agedCertificates(cluster, days))
  const gatherFacts = (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name))
  const readStanding = () => Promise.resolve(presence ?? present(standingOf(cluster)))
  const worker = await scriptedWorker(temporal, { ...activities, gatherFacts, readStanding, ...replace })
  const outcome = await worker.runUntil(async () =>
    act(await startScripted(temporal, 'renew', cluster, { request, review: false })),
  )
  return { journal, outcome }
}

const at = (journal: readonly string[], entry: string) => {
  expect(journal).toContain(entry)
  return journal.indexOf(entry)
}
const steps = (journal: readonly string[]) =>
  journal.filter((entry) => !/^(lock|release) /.test(entry) && entry.endsWith(' begins'))

describe('a renewal', () => {
  it('renews one control plane after the other, and looks at all of them in the end', async () => {
    const { journal, outcome } = await renewing({}, result)
    expect(steps(journal).slice(0, 3)).toEqual(['renew cp1 begins', 'renew cp2 begins', 'renew cp3 begins'])
    expect(at(journal, 'renew cp1 ends')).toBeLessThan(at(journal, 'renew cp2 begins'))
    expect(at(journal, 'renew cp3 ends')).toBeLessThan(at(journal, 'look at cp1 begins'))
    expect(steps(journal).some((entry) => entry.startsWith('kubelet'))).toBe(false)
    expect(outcome.hosts.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3'])
  })

  it('takes a control plane out of the balancers only while its API server must restart', async () => {
    const renewControlPlane = (_: Cluster, { name }: Host) =>
      Promise.resolve({ changed: true, summary: 'renewed', mustRestart: name === 'cp2' })
    const { journal } = await renewing({ replace: { renewControlPlane } }, result)
    expect(steps(journal).filter((entry) => /→|restart/.test(entry))).toEqual([
      'lb1 → cp1,cp3 begins',
      'restart cp2 begins',
      'lb1 → cp1,cp2,cp3 begins',
    ])
  })

  it('of a cluster with etcd hosts renews the members first, and the clients once their API servers can serve', async () => {
    const { journal } = await renewing({ cluster: aClusterWithEtcdHosts() }, result)
    expect(steps(journal)[0]).toBe('certify on e1 begins')
    expect(at(journal, 'renew on e3 by e1 ends')).toBeLessThan(at(journal, 'renew cp1 begins'))
    expect(at(journal, 'renew cp2 ends')).toBeLessThan(at(journal, 'renew on cp1 by e1 begins'))
    expect(at(journal, 'renew on cp2 by e1 ends')).toBeLessThan(at(journal, 'look at e1 begins'))
  })

  it('tells steps what was issued before it began, if everything is to be renewed', async () => {
    const asked: unknown[] = []
    const renewControlPlane = (_: Cluster, host: Host, renewal: object) => {
      asked.push({ host: host.name, ...renewal })
      return Promise.resolve({ changed: true, summary: 'renewed', mustRestart: false })
    }
    const request = { hosts: ['cp2'], all: true }
    const { outcome } = await renewing({ days: 300, request, replace: { renewControlPlane } }, result)
    expect(asked).toMatchObject([{ host: 'cp2', isDown: false, since: expect.any(Number) as number }])
    expect(outcome.hosts).toEqual([{ name: 'cp2', did: ['renewed'] }])
  })

  it('is refused for a host that the file does not have, before anything is locked', async () => {
    const request = { hosts: ['cp9'], all: false }
    const { journal, outcome } = await renewing({ request }, (run) => failureOf(run.result()))
    expect(JSON.stringify(outcome.details)).toContain('HOST_UNKNOWN')
    expect(journal).toEqual([])
  })
})

describe('a cluster whose certificates have all ended', () => {
  const scene = { days: -30, presence: DOWN }

  it('is brought back without its API: control planes, their kubelets, then the workers', async () => {
    const { journal } = await renewing(scene, result)
    expect(at(journal, 'renew cp3 ends')).toBeLessThan(at(journal, 'kubelet of cp1 begins'))
    for (const name of ['cp1', 'cp2', 'cp3']) {
      expect(at(journal, `kubelet of ${name} ends`)).toBeLessThan(at(journal, 'look at cp1 begins'))
      expect(at(journal, `look at ${name} ends`)).toBeLessThan(at(journal, 'kubelet of w1 begins'))
    }
    expect(journal).toContain('kubelet of w2 ends')
  })

  it('starts its etcd hosts at once before anything else', async () => {
    const { journal } = await renewing({ ...scene, cluster: aClusterWithEtcdHosts() }, result)
    expect(at(journal, 'etcd e3 by e1 begins')).toBeLessThan(at(journal, 'etcd e1 by e1 ends'))
    expect(at(journal, 'etcd e3 by e1 ends')).toBeLessThan(at(journal, 'renew cp1 begins'))
  })

  it('waits for no other control plane, because none can answer', async () => {
    const asked: unknown[] = []
    const renewControlPlane = (_: Cluster, __: Host, renewal: object) => {
      asked.push(renewal)
      return Promise.resolve({ changed: true, summary: 'renewed', mustRestart: false })
    }
    await renewing({ ...scene, replace: { renewControlPlane } }, result)
    expect(asked).toEqual([1, 2, 3].map(() => ({ others: [], isDown: true })))
  })
})
