/** Reads what the facts script prints of certificates, with the one parser that comes with every Node.js. */
import { createHash, X509Certificate } from 'node:crypto'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import type { CertificateFacts } from '../../facts/facts.js'

/** Temporal's history keeps what is said of each certificate, hence these limits; kubeadm makes about a dozen. */
const MOST = 40
const LONGEST = 128

/**
 * Shell code that prints a line of `x509<TAB>path base64` for each certificate that belongs to the cluster, with the
 * function `say KEY VALUE`. If a file holds a certificate and its key, as kubelet's do, only the certificate is read. What
 * kubelet has signed itself does not count once the cluster has signed another. `-` stands for the certificate of a
 * kubeconfig that names a file of its own for it.
 */
export const LIST_CERTIFICATES = `
certificate_in() {
  awk '/^-----BEGIN CERTIFICATE-----/ { inside = 1; body = ""; next }
    inside && /^-----END CERTIFICATE-----/ { print body; exit }
    /^-----/ { inside = 0 }
    inside { body = body $1 }' "$1"
}
{
  serving=${HOST_PATHS.kubeletServing}
  if [ -f ${HOST_PATHS.kubeletServingRotated} ]; then serving=; fi
  for file in ${HOST_PATHS.pki}/*.crt ${HOST_PATHS.etcdPki}/*.crt /var/lib/kubelet/pki/kubelet-*-current.pem $serving; do
    if [ -f "$file" ]; then say x509 "$file $(certificate_in "$file")"; fi
  done
  for file in ${HOST_PATHS.kubernetes}/*.conf; do
    if [ -f "$file" ]; then say x509 "$file $(awk '$1 == "client-certificate-data:" { print $2; exit }
      $1 == "client-certificate:" { print "-"; exit }' "$file")"; fi
  done
} | head -n ${MOST}
`

/** A certificate, and what tells it from every other: the SHA-256 of its DER, in hexadecimal. */
export interface IdentifiedCertificate extends CertificateFacts {
  readonly fingerprint: string
}

/** Reads lines of `x509<TAB>path base64`: a certificate's DER, or its PEM as kubeconfig files hold it. */
export function readCertificates(answer: string): readonly CertificateFacts[] {
  return certificatesIn(answer).flatMap(({ path, content }) => describeCertificate(path, content) ?? [])
}

/** The same, with fingerprints. */
export function identifyCertificates(answer: string): readonly IdentifiedCertificate[] {
  return certificatesIn(answer).flatMap(({ path, content }) => {
    const described = describeCertificate(path, content)
    return described === undefined ? [] : [{ ...described, fingerprint: fingerprintOf(content) }]
  })
}

/** The kubeconfig files that have a client certificate. Others in their folder may be somebody's own. */
const KUBECONFIG = /\/(?:(?:super-)?admin|controller-manager|scheduler|kubelet)\.conf$/

/** Files that should hold a certificate, and do not: they are empty, were cut off, or are something else. */
export function brokenFiles(answer: string): readonly string[] {
  return certificatesIn(answer)
    .filter(({ path }) => !path.endsWith('.conf') || KUBECONFIG.test(path))
    .filter(
      ({ path, content, isElsewhere }) => !isElsewhere && describeCertificate(path, content) === undefined,
    )
    .map(({ path }) => text(path))
}

function certificatesIn(answer: string) {
  const lines = answer.split('\n').filter((line) => line.startsWith('x509\t'))
  return lines.slice(0, MOST).map((line) => {
    const entry = line.slice('x509\t'.length)
    const blank = entry.lastIndexOf(' ')
    const found = entry.slice(blank + 1)
    return {
      path: entry.slice(0, blank),
      content: Buffer.from(found, 'base64'),
      isElsewhere: found === '-',
    }
  })
}

/** The SHA-256 of a certificate, PEM or DER, in hexadecimal. */
export function fingerprintOf(certificate: Buffer): string {
  return createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex')
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
