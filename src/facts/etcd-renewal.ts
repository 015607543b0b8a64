/**
 * Which certificates an apply renews on etcd hosts and on the API servers that are their clients. kubeadm renews none
 * of them.
 */
import { ETCD_CLIENT_FILES } from '../configuration/pki.js'
import { certificatePeriod, hasEnded, isRenewalDue } from './expiry.js'
import { hasPath, type CertificateFacts, type ObservedHost } from './facts.js'
import { etcdPlace, type Cluster, type Host } from '../cluster/model.js'
import { MEMBER_CERTIFICATES } from '../configuration/etcd/certificates.js'
import { defined } from '../values/defined.js'
import { HOST_PATHS } from '../cluster/host-paths.js'

/** A host and the certificates to renew on it. */
export interface Renewal {
  readonly host: Host
  /** Paths below the certificate folder, e.g. `etcd/peer.crt`. */
  readonly certificates: readonly string[]
}

/** The client certificate that API servers present to etcd, as a path below the certificate folder. */
export const CLIENT_CERTIFICATE = ETCD_CLIENT_FILES.certificate.path.slice(HOST_PATHS.pki.length + 1)

const MEMBER_FILES = MEMBER_CERTIFICATES.map(({ name }) => `${name}.crt`)

/**
 * What is due on each host. The members' own certificates come first, then those that API servers present, which an
 * etcd host issues before they go to the API servers. Empty if no host has the key of etcd's authority, because no
 * other host can issue certificates.
 * @param since see {@link isDue}.
 */
export function etcdRenewals(
  cluster: Cluster,
  observed: readonly ObservedHost[],
  since?: number,
): readonly Renewal[] {
  if (etcdPlace(cluster) !== 'etcd-hosts' || issuerOf(observed) === undefined) return []
  const due = (entry: ObservedHost, name: string, which?: 'valid') =>
    isDueOn(cluster, entry, name, { ...defined({ which, since }) })
  return [
    ...namesOn(members(observed), MEMBER_FILES, (entry, name) => due(entry, name, 'valid')),
    ...namesOn(servers(observed), [CLIENT_CERTIFICATE], (entry, name) => due(entry, name)),
  ]
}

/**
 * The members' expired certificates. They are replaced while the members start, all at once, because there may be no
 * quorum to keep.
 */
export function expiredCertificates(cluster: Cluster, observed: readonly ObservedHost[]): readonly Renewal[] {
  if (etcdPlace(cluster) !== 'etcd-hosts' || issuerOf(observed) === undefined) return []
  return namesOn(members(observed), MEMBER_FILES, (entry, name) =>
    isDueOn(cluster, entry, name, { which: 'expired' }),
  )
}

function members(observed: readonly ObservedHost[]): readonly ObservedHost[] {
  return observed.filter(({ host, facts }) => host.role === 'etcd' && hasPath(facts, HOST_PATHS.etcdMember))
}

function servers(observed: readonly ObservedHost[]): readonly ObservedHost[] {
  return observed.filter(
    ({ host, facts }) => host.role === 'control-plane' && hasPath(facts, HOST_PATHS.apiServerManifest),
  )
}

function namesOn(
  entries: readonly ObservedHost[],
  names: readonly string[],
  isMeant: (entry: ObservedHost, name: string) => boolean,
): readonly Renewal[] {
  return entries.flatMap((entry) => {
    const certificates = names.filter((name) => isMeant(entry, name))
    return certificates.length === 0 ? [] : [{ host: entry.host, certificates }]
  })
}

/**
 * The etcd host with the authority's key, the only one that can issue certificates. Undefined if no host has the key.
 */
export function issuerOf(observed: readonly ObservedHost[]): ObservedHost | undefined {
  return observed.find(({ host, facts }) => host.role === 'etcd' && hasPath(facts, HOST_PATHS.etcdCaKey))
}

/** Which certificates count as due. */
interface DueOptions {
  /** Only valid or only expired ones. */
  readonly which?: 'valid' | 'expired'
  /** See {@link isDue}. */
  readonly since?: number
}

/** Whether the certificate with this name is on the host and due. */
export function isDueOn(
  cluster: Cluster,
  { facts }: ObservedHost,
  name: string,
  { which, since }: DueOptions = {},
): boolean {
  const seen = facts.certificates
  const found = seen?.found.find(({ path }) => path === `${HOST_PATHS.pki}/${name}`)
  if (seen === undefined || found === undefined) return false
  const at = Date.parse(seen.at)
  const isExpired = hasEnded({ ...found, at, period: Infinity })
  return isDue(cluster, found, at, since) && (which === undefined || isExpired === (which === 'expired'))
}

/** How far the clock of the host that issues may be from ours. */
const SKEW_MS = 30_000

/**
 * Whether a certificate that kubeadm issued for this cluster is due at `at` (milliseconds since the epoch).
 * @param since makes every certificate due that was not issued between then and `at`. Only its end tells: kubeadm dates its
 *   beginning back to that of the authority.
 */
export function isDue(
  cluster: Cluster,
  { notBefore, notAfter }: Validity,
  at: number,
  since?: number,
): boolean {
  const period = certificatePeriod(cluster)
  const issued = Date.parse(notAfter) - period
  if (since !== undefined && (issued < since - SKEW_MS || issued > at + SKEW_MS)) return true
  return isRenewalDue({ notBefore, notAfter, at, period })
}

type Validity = Pick<CertificateFacts, 'notBefore' | 'notAfter'>
