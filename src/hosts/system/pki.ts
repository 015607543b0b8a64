/** What Quorate needs to know of certificates. */
import { createHash, X509Certificate } from 'node:crypto'
import { QuorateError } from '../../errors/index.js'
import type { Session } from '../../ssh/index.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** Hash of a certificate's public key as kubeadm's discovery wants it: `sha256:` and hex of SHA-256 over the SPKI. */
export function hashCaCertificate(pem: string): string {
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`
}

/** Like {@link hashCaCertificate}; undefined if it is not a certificate, for example because a crash cut it off. */
export function hashIfCertificate(pem: string): string | undefined {
  try {
    return hashCaCertificate(pem)
  } catch {
    return undefined
  }
}

/**
 * The same hash, of the CA of a control plane's cluster.
 * @throws QuorateError `CONTROL_PLANE_NOT_READY` if the certificate is missing, or is not one.
 */
export async function caHashOf(session: Session): Promise<string> {
  const path = HOST_PATHS.caCertificate
  const certificate = await session.readFile(path)
  const hash = certificate && hashIfCertificate(certificate.toString())
  if (hash !== undefined) return hash
  const state = certificate === undefined ? 'is missing' : 'is not a certificate'
  throw new QuorateError('CONTROL_PLANE_NOT_READY', `${path} ${state}`, { host: session.host.name })
}
