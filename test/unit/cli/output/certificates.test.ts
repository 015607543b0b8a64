import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { renderCertificates } from '../../../../src/cli/output/certificates.js'
import type { CertificatesFound } from '../../../../src/client/over-ssh.js'

const NOTHING: CertificatesFound = { certificates: [], broken: [], unreachable: [] }

describe('the table of certificates', () => {
  const broken = [
    { host: 'cp2', name: 'admin.conf', path: '/etc/kubernetes/admin.conf', renewedBy: 'quorate' },
    { host: 'w1', name: 'kubelet.conf', path: '/etc/kubernetes/kubelet.conf', renewedBy: 'kubelet' },
  ] as const

  it('has a row for each file that holds no certificate', () => {
    const lines = renderCertificates('prod', { ...NOTHING, broken }, pc.createColors(false))
    expect(lines.find((line) => line.startsWith('cp2'))).toMatch(
      /^cp2 +admin\.conf +broken +certificates renew$/,
    )
    expect(lines.find((line) => line.startsWith('w1'))).toMatch(/^w1 +kubelet\.conf +broken +kubelet$/)
  })

  it('says at its end that they are broken, and where a renewal makes them again', () => {
    expect(renderCertificates('prod', { ...NOTHING, broken }, pc.createColors(false)).at(-1)).toBe(
      '✘ prod: 2 files without a certificate; `quorate certificates renew cp2` renews what it can',
    )
  })
})
