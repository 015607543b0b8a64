/**
 * The files that control planes must share before one joins: the certificate authorities and the key that signs
 * service accounts, and nothing else. kubeadm makes every other certificate on its own host, for its own names.
 */

import { HOST_PATHS } from '../cluster/host-paths.js'

/** One file that is copied from the first control plane to the others. */
export interface SharedFile {
  readonly path: string
  readonly mode: number
  /** Whether it is a private key, which must exist only in memory while it is copied. */
  readonly secret: boolean
}

const publicFile = (name: string): SharedFile => ({
  path: `${HOST_PATHS.pki}/${name}`,
  mode: 0o644,
  secret: false,
})
const keyFile = (name: string): SharedFile => ({
  path: `${HOST_PATHS.pki}/${name}`,
  mode: 0o600,
  secret: true,
})

/** What API servers use to connect to an external etcd, at kubeadm's own paths for these files. */
export const ETCD_CLIENT_FILES = {
  ca: publicFile('etcd/ca.crt'),
  certificate: publicFile('apiserver-etcd-client.crt'),
  key: keyFile('apiserver-etcd-client.key'),
} as const

/** The same files by the fields that kubeadm's `etcd.external` has for them. */
export const ETCD_CLIENT_FIELDS = {
  caFile: ETCD_CLIENT_FILES.ca.path,
  certFile: ETCD_CLIENT_FILES.certificate.path,
  keyFile: ETCD_CLIENT_FILES.key.path,
} as const

const CLUSTER_FILES = [
  publicFile('ca.crt'),
  keyFile('ca.key'),
  // kubeadm itself writes this public key with the mode of a private one.
  { path: `${HOST_PATHS.pki}/sa.pub`, mode: 0o600, secret: false },
  keyFile('sa.key'),
  publicFile('front-proxy-ca.crt'),
  keyFile('front-proxy-ca.key'),
]

/** What a cluster cannot be brought back without: its authorities, and the keys of service accounts. */
export const CLUSTER_KEYS: readonly SharedFile[] = [
  ...CLUSTER_FILES,
  publicFile('etcd/ca.crt'),
  keyFile('etcd/ca.key'),
]

/** Copied from the first control plane to each other one. All are owned by root. */
export const SHARED_CERTIFICATES: Readonly<Record<'stacked' | 'external', readonly SharedFile[]>> = {
  stacked: CLUSTER_KEYS,
  external: [...CLUSTER_FILES, ...Object.values(ETCD_CLIENT_FILES)],
}
