/** Which certificates of a host a renewal renews, and which it cannot. Pure. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import type { Cluster, Host } from '../../cluster/model.js'
import {
  certificateTitle,
  expiryOf,
  isRenewedByKubeadm,
  renewerOf,
  type Renewer,
} from '../../facts/certificates.js'
import { isDue } from '../../facts/etcd-renewal.js'
import { hasEnded, isRenewalDue, urgencyOf } from '../../facts/expiry.js'
import type { CertificateFacts, ObservedHost } from '../../facts/facts.js'

/** The certificates of one host, by what happens to them; titles as people know them. */
export interface HostRenewal {
  /** What kubeadm renews on a control plane. */
  readonly byKubeadm: readonly string[]
  /** Anything that kubeadm or etcd's CA has issued there has ended: what needs it does not work any more. */
  readonly hasEnded: boolean
  /** The kubelet's client certificate has ended. */
  readonly kubeletEnded: boolean
  /** What the kubelet has signed itself is due. */
  readonly servingDue: boolean
  /** What nobody renews here and is about to end, with who could. */
  readonly left: readonly { readonly one: CertificateFacts; readonly renewer: Renewer }[]
}

/** A host, and what of its certificates is renewed. */
export interface RenewingHost {
  readonly host: Host
  readonly renewal: HostRenewal
  /**
   * Its components do not work: certificates there have ended, or no API server of the cluster answers. Then nothing is
   * waited for before its certificates are renewed.
   */
  readonly isDown: boolean
}

/**
 * Judges the certificates of a host.
 * @param since see {@link isDue}.
 */
export function renewalOf(
  cluster: Cluster,
  { host, facts }: ObservedHost,
  { hasAuthority, since }: { readonly hasAuthority: boolean; readonly since: number | undefined },
): HostRenewal {
  const seen = facts.certificates
  const at = Date.parse(seen?.at ?? '')
  const judged = (seen?.found ?? []).map((one) => {
    const renewer = renewerOf(cluster, host, one, hasAuthority)
    const expiry = expiryOf(cluster, one, renewer, at)
    return { one, renewer, expiry, isEnded: hasEnded(expiry) }
  })
  const ofKubeadm = judged.filter(({ one, renewer }) => isRenewedByKubeadm(renewer, one))
  return {
    byKubeadm: ofKubeadm
      .filter(({ one }) => isDue(cluster, one, at, since))
      .map(({ one }) => certificateTitle(one.path)),
    hasEnded: judged.some(({ renewer, isEnded, one }) => {
      return isEnded && (renewer === 'apply' || isRenewedByKubeadm(renewer, one))
    }),
    kubeletEnded: judged.some(({ renewer, isEnded, one }) => {
      return isEnded && renewer === 'kubelet' && one.path !== HOST_PATHS.kubeletServingRotated
    }),
    servingDue: judged.some(({ one, expiry }) => {
      return one.path === HOST_PATHS.kubeletServing && isRenewalDue(expiry)
    }),
    left: judged
      .filter(({ renewer, expiry }) => LEFT.includes(renewer) && urgencyOf(expiry) !== 'none')
      .map(({ one, renewer }) => ({ one, renewer })),
  }
}

/** Those whose certificates no renewal of ours renews. */
const LEFT: readonly Renewer[] = ['authority', 'ca', 'owner']
