/** What the steps of a renewal look at, by the paths of the files. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import type { Cluster, Host } from '../../cluster/model.js'
import { isDue } from '../../facts/etcd-renewal.js'
import { hasEnded } from '../../facts/expiry.js'
import { isRenewedByKubeadm, renewerOf } from '../../facts/certificates.js'
import type { IdentifiedCertificate } from '../../hosts/facts/certificates.js'

/** The certificates of a control plane that kubeadm renews, among those found there. */
export function ofKubeadm(
  cluster: Cluster,
  host: Host,
  found: readonly IdentifiedCertificate[],
): readonly IdentifiedCertificate[] {
  return found.filter((one) => isRenewedByKubeadm(renewerOf(cluster, host, one, true), one))
}

/**
 * Those that are to be renewed now.
 * @param since all that were issued before then (milliseconds since the epoch), however long they last.
 */
export function dueAmong(
  cluster: Cluster,
  found: readonly IdentifiedCertificate[],
  since: number | undefined,
): readonly IdentifiedCertificate[] {
  return found.filter((one) => isDue(cluster, one, Date.now(), since))
}

/** Whether the certificate has ended. */
export function isEnded(one: IdentifiedCertificate): boolean {
  return hasEnded({ ...one, at: Date.now(), period: Infinity })
}

/** What components of a control plane show to others. */
export const SERVED_BY_KUBEADM = [
  `${HOST_PATHS.pki}/apiserver.crt`,
  `${HOST_PATHS.etcdPki}/server.crt`,
  `${HOST_PATHS.etcdPki}/peer.crt`,
] as const
