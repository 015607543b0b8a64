/** Which certificates of etcd hosts, and of the API servers that ask them, an apply renews; kubeadm renews none. */
import { ETCD_CLIENT_FILES, PKI_FOLDER } from '../certificates.js'
import { certificatePeriod, isRenewalDue } from '../expiry.js'
import { hasPath, type CertificateFacts, type ObservedHost } from '../facts.js'
import { etcdPlace, type Cluster, type Host } from '../model.js'
import { MEMBER_CERTIFICATES } from './certificates.js'

/** A host and the certificates that it gets anew. */
export interface Renewal {
  readonly host: Host
  /** Below the folder of certificates, e.g. `etcd/peer.crt`. */
  readonly certificates: readonly string[]
}

/** The certificate that API servers show to etcd, below the folder of certificates. */
export const CLIENT_CERTIFICATE = ETCD_CLIENT_FILES.certificate.path.slice(PKI_FOLDER.length + 1)

const MEMBER_FILES = MEMBER_CERTIFICATES.map(({ name }) => `${name}.crt`)

/**
 * What is due on each host: members' own first, then what API servers show, as it is issued before it goes to them.
 * Nothing where no host has the key of etcd's authority, since nobody else can issue.
 */
export function etcdRenewals(cluster: Cluster, observed: readonly ObservedHost[]): readonly Renewal[] {
  if (etcdPlace(cluster) !== 'etcd-hosts' || !canIssue(observed)) return []
  const due = (entry: ObservedHost, names: readonly string[]): readonly Renewal[] => {
    const certificates = names.filter((name) => isDueOn(cluster, entry, name))
    return certificates.length === 0 ? [] : [{ host: entry.host, certificates }]
  }
  const running = (role: Host['role'], sign: Parameters<typeof hasPath>[1]) =>
    observed.filter(({ host, facts }) => host.role === role && hasPath(facts, sign))
  return [
    ...running('etcd', '/var/lib/etcd/member').flatMap((entry) => due(entry, MEMBER_FILES)),
    ...running('control-plane', '/etc/kubernetes/manifests/kube-apiserver.yaml').flatMap((entry) =>
      due(entry, [CLIENT_CERTIFICATE]),
    ),
  ]
}

/** Whether an etcd host has the authority's key. */
export function canIssue(observed: readonly ObservedHost[]): boolean {
  return observed.some(
    ({ host, facts }) => host.role === 'etcd' && hasPath(facts, '/etc/kubernetes/pki/etcd/ca.key'),
  )
}

/** Whether the certificate of this name is on the host, and due. */
export function isDueOn(cluster: Cluster, { facts }: ObservedHost, name: string): boolean {
  const seen = facts.certificates
  const found = seen?.found.find(({ path }) => path === `${PKI_FOLDER}/${name}`)
  return seen !== undefined && found !== undefined && isDue(cluster, found, Date.parse(seen.at))
}

/** Whether a certificate that kubeadm has issued for this cluster is renewed now (milliseconds since the epoch). */
export function isDue(cluster: Cluster, { notBefore, notAfter }: Validity, at: number): boolean {
  return isRenewalDue({ notBefore, notAfter, at, period: certificatePeriod(cluster) })
}

type Validity = Pick<CertificateFacts, 'notBefore' | 'notAfter'>
