import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { judgePair, kubeadmCertificates } from '../../../../src/hosts/kubeadm/certificates.js'
import { aCluster, aClusterWithEtcdHosts } from '../../../support/clusters.js'
import { TestAuthority } from '../../../support/issued-certificates.js'

const otherKey = () =>
  Buffer.from(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  )

function issued() {
  const { certificate, key } = new TestAuthority().issue('kube-apiserver', 300)
  return { certificate: Buffer.from(certificate), key: Buffer.from(key) }
}

describe('a certificate and its key', () => {
  it('are whole if they belong together', () => {
    const { certificate, key } = issued()
    expect(judgePair({ certificate, key })).toBe('whole')
  })

  it('do not fit after a kubeadm that was killed between writing the one and the other', () => {
    const { certificate } = issued()
    expect(judgePair({ certificate, key: otherKey() })).toBe('mismatched')
  })

  it('are broken if one was cut off, or is missing', () => {
    const { certificate, key } = issued()
    expect(judgePair({ certificate: certificate.subarray(0, 100), key })).toBe('broken')
    expect(judgePair({ certificate, key: Buffer.alloc(0) })).toBe('broken')
    expect(judgePair(undefined)).toBe('broken')
  })
})

describe("kubeadm's certificates on a control plane", () => {
  it('include those of etcd only where etcd is stacked', () => {
    const names = (cluster = aCluster()) => kubeadmCertificates(cluster).map(({ name }) => name)
    expect(names()).toContain('etcd-peer')
    expect(names(aClusterWithEtcdHosts())).toEqual([
      'apiserver',
      'apiserver-kubelet-client',
      'front-proxy-client',
    ])
  })
})
