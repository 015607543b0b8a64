/** Every certificate of a cluster, as an operator sees them: over SSH, without an operation and without Temporal. */
import { formatEndpoint, type Cluster, type Host } from '../../cluster/model.js'
import { reportError, type ErrorReport } from '../../errors/index.js'
import { certificateTitle, expiryOf, renewerOf, type Renewer } from '../../facts/certificates.js'
import { urgencyOf, type Urgency } from '../../facts/expiry.js'
import type { SessionPool } from '../../ssh/index.js'
import { defined } from '../../values/defined.js'
import type { IdentifiedCertificate } from '../facts/certificates.js'
import { compareWithWire, lookAtCertificates, type Served } from './look.js'

/** A certificate of a host. */
export interface CertificateSeen {
  readonly host: string
  /** As kubeadm calls it, e.g. `apiserver.crt`. */
  readonly name: string
  /** The file that holds it. */
  readonly path: string
  /** Its common name. */
  readonly subject: string
  /** ISO 8601. */
  readonly notAfter: string
  /** Until it ends, in milliseconds by the clock here; negative once it has ended. */
  readonly leftMs: number
  readonly urgency: Urgency
  readonly isCA: boolean
  readonly renewedBy: Renewer
  /** SHA-256 of its DER, in hexadecimal. */
  readonly fingerprint: string
  /** Where a component shows it, and whether that shows the certificate of the file; missing if it is shown nowhere. */
  readonly served?: { readonly at: string; readonly shows: Served }
}

/** A file that should hold a certificate, and does not: it is empty, was cut off, or is something else. */
export type BrokenCertificate = Pick<CertificateSeen, 'host' | 'name' | 'path' | 'renewedBy'>

/** What was found on the hosts. */
export interface CertificatesFound {
  /** Those that end first come first. */
  readonly certificates: readonly CertificateSeen[]
  readonly broken: readonly BrokenCertificate[]
  /** Why hosts could not be looked at. */
  readonly unreachable: readonly ErrorReport[]
}

/** Looks at all hosts that may have certificates of the cluster. A host that does not answer keeps none of the others. */
export async function inspectCertificates(
  sessions: SessionPool,
  cluster: Cluster,
): Promise<CertificatesFound> {
  const hosts = cluster.hosts.filter(({ role }) => role !== 'load-balancer')
  const outcomes = await Promise.all(hosts.map((host) => lookAt(sessions, cluster, host)))
  const hasAuthority = outcomes.some((one) => 'found' in one && one.host.role === 'etcd' && one.hasEtcdKey)
  const certificates = outcomes.flatMap((one) =>
    'found' in one ? one.found.map((entry) => seen(cluster, one.host, entry, hasAuthority)) : [],
  )
  return {
    certificates: certificates.toSorted((a, b) => a.leftMs - b.leftMs),
    broken: outcomes.flatMap((one) =>
      'found' in one ? one.broken.map((path) => unreadable(cluster, one.host, path, hasAuthority)) : [],
    ),
    unreachable: outcomes.flatMap((one) => ('error' in one ? [one.error] : [])),
  }
}

interface Entry {
  readonly certificate: IdentifiedCertificate
  readonly served: CertificateSeen['served']
}

type Outcome =
  | {
      readonly host: Host
      readonly found: readonly Entry[]
      readonly broken: readonly string[]
      readonly hasEtcdKey: boolean
    }
  | { readonly host: Host; readonly error: ErrorReport }

async function lookAt(sessions: SessionPool, cluster: Cluster, host: Host): Promise<Outcome> {
  try {
    const session = await sessions.session(host)
    const { found, broken, hasEtcdKey } = await lookAtCertificates(session)
    const entries = await Promise.all(
      found.map(async (certificate) => {
        const wire = await compareWithWire(cluster, session, certificate)
        const served = wire && { at: formatEndpoint(wire.endpoint), shows: wire.served }
        return { certificate, served }
      }),
    )
    return { host, found: entries, broken, hasEtcdKey }
  } catch (error) {
    return { host, error: { host: host.name, ...reportError(error) } }
  }
}

function unreadable(cluster: Cluster, host: Host, path: string, hasAuthority: boolean): BrokenCertificate {
  const renewedBy = renewerOf(cluster, host, { path, isCA: /(?:^|[-/])ca\.crt$/.test(path) }, hasAuthority)
  return { host: host.name, name: certificateTitle(path), path, renewedBy }
}

function seen(
  cluster: Cluster,
  host: Host,
  { certificate, served }: Entry,
  hasAuthority: boolean,
): CertificateSeen {
  const { path, subject, notAfter, isCA, fingerprint } = certificate
  const renewedBy = renewerOf(cluster, host, certificate, hasAuthority)
  const at = Date.now()
  return {
    host: host.name,
    name: certificateTitle(path),
    path,
    subject,
    notAfter,
    leftMs: Date.parse(notAfter) - at,
    urgency: urgencyOf(expiryOf(cluster, certificate, renewedBy, at), renewedBy === 'kubelet'),
    isCA,
    renewedBy,
    fingerprint,
    ...defined({ served }),
  }
}
