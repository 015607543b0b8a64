/** What Quorate needs to know of certificates. */
import { createHash, X509Certificate } from 'node:crypto'

/** Hash of a certificate's public key as kubeadm's discovery wants it: `sha256:` and hex of SHA-256 over the SPKI. */
export function hashCaCertificate(pem: string): string {
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`
}
