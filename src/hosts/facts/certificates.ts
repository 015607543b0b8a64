/** Reads what the facts script prints of certificates, with the one parser that comes with every Node.js. */
import { X509Certificate } from 'node:crypto'
import type { CertificateFacts } from '../../facts/facts.js'

/** Temporal's history keeps what is said of each certificate, hence these limits; kubeadm makes about a dozen. */
const MOST = 40
const LONGEST = 128

/** Reads lines of `x509<TAB>path base64`: a certificate's DER, or its PEM as kubeconfig files hold it. */
export function readCertificates(answer: string): readonly CertificateFacts[] {
  const lines = answer.split('\n').filter((line) => line.startsWith('x509\t'))
  return lines.slice(0, MOST).flatMap((line) => {
    const entry = line.slice('x509\t'.length)
    const blank = entry.lastIndexOf(' ')
    const described = describeCertificate(
      entry.slice(0, blank),
      Buffer.from(entry.slice(blank + 1), 'base64'),
    )
    return described === undefined ? [] : [described]
  })
}

/** Describes a certificate, PEM or DER; undefined if it is not a certificate, or was cut off by a crash. */
export function describeCertificate(path: string, content: Buffer): CertificateFacts | undefined {
  try {
    const certificate = new X509Certificate(content)
    return {
      path: text(path),
      subject: text(/^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? ''),
      notBefore: new Date(certificate.validFrom).toISOString(),
      notAfter: new Date(certificate.validTo).toISOString(),
      isCA: certificate.ca,
    }
  } catch {
    return undefined
  }
}

/** Names come from the host, so nothing in them may reach a terminal as anything but text. */
function text(said: string): string {
  return said.replaceAll(/\p{Cc}/gu, ' ').slice(0, LONGEST)
}
