import type { ApplyPhase } from '../../../src/operations/apply-phases.js'
import { describe, expect, it } from 'vitest'
import { planApply } from '../../../src/planning/plan.js'
import { skipRefusal } from '../../../src/planning/skip-rules.js'
import { aCluster, aClusterWithEtcdHosts, factsOf } from '../../support/clusters.js'
import { oldFacts, type Lasting } from '../../support/old-etcd.js'

const cluster = aClusterWithEtcdHosts()
const CLIENT = 'apiserver-etcd-client.crt'

/** What the plan names beside packages. */
const named = (lasting: Lasting, servers?: readonly string[], of = cluster) => {
  const { changes } = planApply(of, oldFacts(of, lasting, servers))
  return changes
    .filter(({ action }) => /^renew|endpoints/.test(action))
    .map(({ host, phase, action }) => `${host} ${phase}: ${action}`)
}

describe('certificates of etcd hosts', () => {
  it('are left alone while they last', () => {
    const plan = planApply(cluster, oldFacts(cluster, { e1: { [CLIENT]: 92 } }))
    expect(plan.renewals).toEqual([])
    expect(named({ e1: { [CLIENT]: 92 } })).toEqual([])
  })

  it('are renewed 90 days before they expire, and the plan names each', () => {
    expect(named({ e2: { 'etcd/peer.crt': 89, 'etcd/server.crt': 89 } })).toEqual([
      'e2 Renew certificates: renew etcd/server.crt, etcd/peer.crt',
    ])
  })

  it('that have expired are replaced as the members start', () => {
    expect(named({ e2: { 'etcd/peer.crt': -1, 'etcd/server.crt': 20 } })).toEqual([
      'e2 etcd: renew etcd/peer.crt',
      'e2 Renew certificates: renew etcd/server.crt',
    ])
  })

  it('of API servers are issued again first, then go to each control plane', () => {
    const expiring = { [CLIENT]: 30 }
    expect(named({ e1: expiring, cp1: expiring, cp2: expiring })).toEqual([
      'e1 etcd certificates: renew apiserver-etcd-client.crt',
      'cp1 Renew certificates: renew apiserver-etcd-client.crt',
      'cp2 Renew certificates: renew apiserver-etcd-client.crt',
    ])
  })

  it('reach the control planes that an earlier apply did not come to', () => {
    expect(named({ cp2: { [CLIENT]: 30 } })).toEqual([
      'cp2 Renew certificates: renew apiserver-etcd-client.crt',
    ])
  })

  it('are not promised where nobody has the key of the authority', () => {
    const facts = oldFacts(cluster, { e2: { 'etcd/peer.crt': 30 } }).map((one) => ({
      ...one,
      paths: one.paths.filter((path) => path !== '/etc/kubernetes/pki/etcd/ca.key'),
    }))
    const plan = planApply(cluster, facts)
    expect(plan.renewals).toEqual([])
    expect(plan.findings.find(({ host }) => host === 'e2')).toMatchObject({
      code: 'CERTIFICATE_EXPIRING',
      hint: expect.stringContaining('restore /etc/kubernetes/pki/etcd/ca.key') as string,
    })
  })
})

describe('the etcd endpoints of API servers', () => {
  it('are changed where the file names others, and the plan names it', () => {
    const [e1, e2] = ['https://192.0.2.31:2379', 'https://192.0.2.32:2379']
    expect(named({}, [e1, e2, 'https://192.0.2.39:2379'])).toEqual(
      ['cp1', 'cp2'].map(
        (host) =>
          `${host} etcd endpoints: restart the API server with the etcd endpoints https://192.0.2.31:2379, https://192.0.2.32:2379, https://192.0.2.33:2379`,
      ),
    )
  })

  it('are left alone where only their order differs', () => {
    const reversed = ['33', '32', '31'].map((last) => `https://192.0.2.${last}:2379`)
    expect(planApply(cluster, oldFacts(cluster, {}, reversed)).staleEndpoints).toEqual([])
  })

  it('are those of an etcd that somebody else runs, too', () => {
    const clientFiles = { caFile: '/ca', certFile: '/cert', keyFile: '/key' }
    const endpoints = ['https://10.9.0.2:2379']
    const foreign = aCluster({ etcd: { topology: 'external', endpoints, clientFiles } })
    const facts = oldFacts(foreign, {}, ['https://10.9.0.1:2379'])
    expect(planApply(foreign, facts).staleEndpoints.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3'])
  })

  it('never lead from a member beside the API server to somewhere else', () => {
    const facts = oldFacts(cluster, {}, ['https://127.0.0.1:2379'])
    expect(planApply(cluster, facts).staleEndpoints).toEqual([])
  })

  it('stop an apply where the file has other hosts in the place of all members', () => {
    const facts = oldFacts(cluster).map((one) =>
      one.host.startsWith('e') ? { ...one, paths: [], certificates: { at: '', found: [] } } : one,
    )
    expect(planApply(cluster, facts).problems.map(({ code }) => code)).toContain('ETCD_OTHER_CLUSTER')
    expect(planApply(cluster, factsOf(cluster)).problems).toEqual([])
  })
})

describe('skipping', () => {
  it('is possible for what comes to other control planes than the first only', () => {
    const plan = planApply(cluster, oldFacts(cluster))
    const refusal = (title: ApplyPhase, host: string) =>
      skipRefusal(plan, title, host, { hasJoined: () => false, isLeaving: () => false })
    expect(refusal('Renew certificates', 'e2')).toMatch(/^etcd is complete only/)
    for (const title of ['Renew certificates', 'etcd endpoints'] as const) {
      expect(refusal(title, 'cp1')).toBeDefined()
      expect(refusal(title, 'cp2')).toBeUndefined()
    }
  })
})
