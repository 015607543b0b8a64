import { describe, expect, it } from 'vitest'
import type { CertificateFacts } from '../../../src/facts/facts.js'
import { aCluster, aClusterWithEtcdHosts } from '../../support/clusters.js'
import { findingsWith, JOINED } from './broken-hosts.js'

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

describe('preflight for certificates', () => {
  it('warns 60 days before expiry, in one finding per host, with what renews them', () => {
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
    expect(findings[0]?.hint).toContain('`quorate certificates renew`')
  })

  it('says how much time is left once that is less than a week', () => {
    const urgent = [issued(`${PKI}/apiserver.crt`, 6), issued(`${PKI}/front-proxy-client.crt`, 30)]
    expect(found('cp1', urgent)).toMatchObject([
      { code: 'CERTIFICATE_EXPIRING', message: 'apiserver.crt expires within 6 days, on 2026-12-02' },
      { code: 'CERTIFICATE_EXPIRING', message: 'front-proxy-client.crt expires soon, on 2026-12-26' },
    ])
    expect(found('cp1', [issued(`${PKI}/apiserver.crt`, 1)])[0]?.message).toContain('within 24 hours')
  })

  it('warns of what a kubelet has signed itself, which it never renews', () => {
    const kubelet = issued('/var/lib/kubelet/pki/kubelet.crt', 30, { isCA: true })
    expect(found('w1', [kubelet])[0]?.hint).toContain('`quorate certificates renew`')
  })

  it('reports an expired one without stopping what may repair it', () => {
    expect(found('cp1', [issued(`${PKI}/apiserver.crt`, -1)])).toMatchObject([
      {
        severity: 'warning',
        code: 'CERTIFICATE_EXPIRED',
        message: 'apiserver.crt has expired, on 2026-11-25',
      },
    ])
  })

  it('says that an apply renews the certificates between etcd hosts and API servers', () => {
    const cluster = aClusterWithEtcdHosts()
    const client = issued(`${PKI}/apiserver-etcd-client.crt`, 10)
    for (const [host, certificate] of [
      ['e1', issued(`${PKI}/etcd/peer.crt`, 10)],
      ['e1', client],
      ['cp1', client],
    ] as const) {
      expect(found(host, [certificate], cluster)[0]?.hint).toContain('`quorate apply` renews it')
    }
    expect(found('cp1', [client])[0]?.hint).not.toContain('quorate apply')
  })

  it('warns that everything issued by a CA ends with it', () => {
    expect(found('w1', [issued(`${PKI}/ca.crt`, 10, { isCA: true })])[0]?.hint).toContain('CA Certificates')
  })

  it('does not warn about kubelet certificates before the kubelet would have renewed them', () => {
    const path = '/var/lib/kubelet/pki/kubelet-client-current.pem'
    expect(found('w1', [issued(path, 40)])).toEqual([])
    expect(found('w1', [issued(path, 10)])[0]?.hint).toContain('get csr')
  })

  it('does not warn about certificates issued for a month, even if the CA is older', () => {
    const { kubernetes, ...cluster } = aCluster()
    const clusterConfiguration = { certificateValidityPeriod: '720h0m0s' }
    const monthly = { ...kubernetes, kubeadm: { ...kubernetes.kubeadm, clusterConfiguration } }
    const certificate = (days: number) => [issued(`${PKI}/apiserver.crt`, days)]
    expect(found('cp1', certificate(20), { ...cluster, kubernetes: monthly })).toEqual([])
    expect(found('cp1', certificate(4), { ...cluster, kubernetes: monthly })).toHaveLength(1)
  })
})
