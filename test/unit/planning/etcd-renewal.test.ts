import type { ApplyPhase } from '../../../src/operations/apply-phases.js'
import { describe, expect, it } from 'vitest'
import { planApply } from '../../../src/planning/plan.js'
import { skipRefusal } from '../../../src/planning/skip-rules.js'
import { aCluster, aClusterWithEtcdHosts, factsOf } from '../../support/clusters.js'
import { agedFacts, type Lasting } from '../../support/aged-facts.js'

const cluster = aClusterWithEtcdHosts()
const CLIENT = 'apiserver-etcd-client.crt'

/** What the plan names beside packages. */
const named = (lasting: Lasting, servers?: readonly string[], of = cluster) => {
  const { changes } = planApply(of, agedFacts(of, lasting, servers))
  return changes
    .filter(({ action }) => /^renew|endpoints/.test(action))
    .map(({ host, phase, action }) => `${host} ${phase}: ${action}`)
}

describe('the certificates of etcd hosts', () => {
  it('are kept while they are valid for long enough', () => {
    const plan = planApply(cluster, agedFacts(cluster, { e1: { [CLIENT]: 92 } }))
    expect(plan.renewals).toEqual([])
    expect(named({ e1: { [CLIENT]: 92 } })).toEqual([])
  })

  it('are renewed 90 days before they expire, and the plan names each one', () => {
    expect(named({ e2: { 'etcd/peer.crt': 89, 'etcd/server.crt': 89 } })).toEqual([
      'e2 Renew certificates: renew etcd/server.crt, etcd/peer.crt',
    ])
  })

  it('are replaced when the members start if they have expired', () => {
    expect(named({ e2: { 'etcd/peer.crt': -1, 'etcd/server.crt': 20 } })).toEqual([
      'e2 etcd: renew etcd/peer.crt',
      'e2 Renew certificates: renew etcd/server.crt',
    ])
  })

  it('that API servers use are issued first and then sent to each control plane', () => {
    const expiring = { [CLIENT]: 30 }
    expect(named({ e1: expiring, cp1: expiring, cp2: expiring })).toEqual([
      'e1 etcd certificates: renew apiserver-etcd-client.crt',
      'cp1 Renew certificates: renew apiserver-etcd-client.crt',
      'cp2 Renew certificates: renew apiserver-etcd-client.crt',
    ])
  })

  it('are sent to control planes that an earlier apply did not reach', () => {
    expect(named({ cp2: { [CLIENT]: 30 } })).toEqual([
      'cp2 Renew certificates: renew apiserver-etcd-client.crt',
    ])
  })

  it('are not planned for renewal if no host has the CA key', () => {
    const facts = agedFacts(cluster, { e2: { 'etcd/peer.crt': 30 } }).map((one) => ({
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
  it('are changed if the file names others, and the plan says so', () => {
    const [e1, e2] = ['https://192.0.2.31:2379', 'https://192.0.2.32:2379']
    expect(named({}, [e1, e2, 'https://192.0.2.39:2379'])).toEqual(
      ['cp1', 'cp2'].map(
        (host) =>
          `${host} etcd endpoints: restart the API server with the etcd endpoints https://192.0.2.31:2379, https://192.0.2.32:2379, https://192.0.2.33:2379`,
      ),
    )
  })

  it('are kept if only their order differs', () => {
    const reversed = ['33', '32', '31'].map((last) => `https://192.0.2.${last}:2379`)
    expect(planApply(cluster, agedFacts(cluster, {}, reversed)).staleEndpoints).toEqual([])
  })

  it('are changed for an etcd that somebody else runs, too', () => {
    const clientFiles = { caFile: '/ca', certFile: '/cert', keyFile: '/key' }
    const endpoints = ['https://10.9.0.2:2379']
    const foreign = aCluster({ etcd: { topology: 'external', endpoints, clientFiles } })
    const facts = agedFacts(foreign, {}, ['https://10.9.0.1:2379'])
    expect(planApply(foreign, facts).staleEndpoints.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3'])
  })

  it('never change from a local member to remote ones', () => {
    const facts = agedFacts(cluster, {}, ['https://127.0.0.1:2379'])
    expect(planApply(cluster, facts).staleEndpoints).toEqual([])
  })

  it('stop an apply if the file replaces all members with other hosts', () => {
    const facts = agedFacts(cluster).map((one) =>
      one.host.startsWith('e') ? { ...one, paths: [], certificates: { at: '', found: [] } } : one,
    )
    expect(planApply(cluster, facts).problems.map(({ code }) => code)).toContain('ETCD_OTHER_CLUSTER')
    expect(planApply(cluster, factsOf(cluster)).problems).toEqual([])
  })
})

describe('skipping a renewal', () => {
  it('is possible only on control planes other than the first', () => {
    const plan = planApply(cluster, agedFacts(cluster))
    const refusal = (phase: ApplyPhase, host: string) =>
      skipRefusal(plan, phase, host, { hasJoined: () => false, isLeaving: () => false })
    expect(refusal('renew-certificates', 'e2')).toMatch(/^etcd is complete only/)
    for (const phase of ['renew-certificates', 'etcd-endpoints'] as const) {
      expect(refusal(phase, 'cp1')).toBeDefined()
      expect(refusal(phase, 'cp2')).toBeUndefined()
    }
  })
})
