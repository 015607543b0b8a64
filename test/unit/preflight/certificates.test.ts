import { describe, expect, it } from 'vitest'
import type { CertificateFacts } from '../../../src/facts/facts.js'
import { aCluster, aClusterWithEtcdHosts } from '../../support/clusters.js'
import { findingsWith, JOINED } from '../cluster/preflight/support.js'

const NOW = '2026-11-26T00:00:00.000Z'
const inDays = (days: number): string => new Date(Date.parse(NOW) + days * 86_400_000).toISOString()

/** A certificate that kubeadm issued for a year. */
const issued = (path: string, days: number, changes: Partial<CertificateFacts> = {}): CertificateFacts => ({
  path,
  subject: 'someone',
  notBefore: inDays(days - 365),
  notAfter: inDays(days),
  isCA: false,
  ...changes,
})

const found = (host: string, certificates: readonly CertificateFacts[], cluster = aCluster()) =>
  findingsWith({ [host]: { ...JOINED, certificates: { at: NOW, found: certificates } } }, cluster).filter(
    ({ code }) => code.startsWith('CERTIFICATE'),
  )

const PKI = '/etc/kubernetes/pki'

describe('preflight of certificates', () => {
  it('warns 60 days before their end, in one finding for each host, with what renews them', () => {
    const findings = found('cp1', [
      issued(`${PKI}/apiserver.crt`, 59),
      issued('/etc/kubernetes/admin.conf', 24),
      issued(`${PKI}/front-proxy-client.crt`, 61),
    ])
    expect(findings).toMatchObject([
      {
        severity: 'warning',
        code: 'CERTIFICATE_EXPIRING',
        host: 'cp1',
        message: 'admin.conf and apiserver.crt expire soon, the first on 2026-12-20',
      },
    ])
    expect(findings[0]?.hint).toContain('kubeadm certs renew all')
  })

  it('says that one has expired, and does not stop what may repair it', () => {
    expect(found('cp1', [issued(`${PKI}/apiserver.crt`, -1)])).toMatchObject([
      {
        severity: 'warning',
        code: 'CERTIFICATE_EXPIRED',
        message: 'apiserver.crt has expired, on 2026-11-25',
      },
    ])
  })

  it('says that an apply renews what etcd hosts and API servers show each other', () => {
    const cluster = aClusterWithEtcdHosts()
    const client = issued(`${PKI}/apiserver-etcd-client.crt`, 10)
    for (const [host, certificate] of [
      ['e1', issued(`${PKI}/etcd/peer.crt`, 10)],
      ['e1', client],
      ['cp1', client],
    ] as const) {
      expect(found(host, [certificate], cluster)[0]?.hint).toContain('`quorate apply` renews it')
    }
    expect(found('cp1', [client])[0]?.hint).toContain('kubeadm certs renew all')
  })

  it('tells of a CA that whatever it has issued expires with it', () => {
    expect(found('w1', [issued(`${PKI}/ca.crt`, 10, { isCA: true })])[0]?.hint).toContain('CA Certificates')
  })

  it("raises no alarm for kubelet's own before kubelet itself would have renewed it", () => {
    const path = '/var/lib/kubelet/pki/kubelet-client-current.pem'
    expect(found('w1', [issued(path, 40)])).toEqual([])
    expect(found('w1', [issued(path, 10)])[0]?.hint).toContain('get csr')
  })

  it('raises no alarm for certificates that are issued for a month, though the CA is older than that', () => {
    const { kubernetes, ...cluster } = aCluster()
    const clusterConfiguration = { certificateValidityPeriod: '720h0m0s' }
    const monthly = { ...kubernetes, kubeadm: { ...kubernetes.kubeadm, clusterConfiguration } }
    const certificate = (days: number) => [issued(`${PKI}/apiserver.crt`, days)]
    expect(found('cp1', certificate(20), { ...cluster, kubernetes: monthly })).toEqual([])
    expect(found('cp1', certificate(4), { ...cluster, kubernetes: monthly })).toHaveLength(1)
  })
})
