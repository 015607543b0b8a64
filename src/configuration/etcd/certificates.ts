/** The certificates of an external etcd: one authority, and the certificates of each member. */
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** The authority: its certificate goes everywhere, its key stays on the etcd host that made it. */
export const ETCD_CA = {
  certificate: HOST_PATHS.etcdCaCertificate,
  key: HOST_PATHS.etcdCaKey,
} as const

/** A certificate that is issued to one member, as kubeadm calls it. */
export interface MemberCertificate {
  /** Phase of `kubeadm init phase certs`. */
  readonly phase: string
  /** Path below the certificate folder, without `.crt` and `.key`. */
  readonly name: string
  /** Whether it must be valid for the member's address. Client certificates need no address. */
  readonly serves: boolean
}

/** The certificates that every member has, for its own name and address. */
export const MEMBER_CERTIFICATES: readonly MemberCertificate[] = [
  { phase: 'etcd-server', name: 'etcd/server', serves: true },
  { phase: 'etcd-peer', name: 'etcd/peer', serves: true },
  { phase: 'etcd-healthcheck-client', name: 'etcd/healthcheck-client', serves: false },
]
