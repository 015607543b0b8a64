/** What the certificates of a host are: their names, who renews them, and where components show them. */
import { apiServerBindPort } from '../configuration/kubeadm/api-server.js'
import { ETCD_CLIENT_FILES } from '../configuration/pki.js'
import { HOST_PATHS } from '../cluster/host-paths.js'
import { etcdPlace, type Cluster, type Endpoint, type Host } from '../cluster/model.js'
import { certificatePeriod, type Expiry } from './expiry.js'
import type { CertificateFacts } from './facts.js'

/** What `kubeadm certs renew all` renews, below /etc/kubernetes. */
const BY_KUBEADM =
  /^\/etc\/kubernetes\/(?:(?:super-)?admin\.conf|controller-manager\.conf|scheduler\.conf|pki\/(?:apiserver|apiserver-kubelet-client|apiserver-etcd-client|front-proxy-client)\.crt|pki\/etcd\/(?:server|peer|healthcheck-client)\.crt)$/

const ETCD_CLIENT = ETCD_CLIENT_FILES.certificate.path

/**
 * Who renews a certificate. `quorate`: `quorate certificates renew`. `apply`: that, or an apply. `authority`: nobody, until
 * etcd's CA has its key again. `ca`: nobody; whatever a CA has issued ends with it. `owner`: whoever has issued it.
 */
export type Renewer = 'quorate' | 'apply' | 'authority' | 'kubelet' | 'ca' | 'owner'

/** Who renews the certificate of a host. `hasAuthority`: an etcd host has the key of etcd's CA. */
export function renewerOf(
  cluster: Cluster,
  host: Host,
  { path, isCA }: Pick<CertificateFacts, 'path' | 'isCA'>,
  hasAuthority: boolean,
): Renewer {
  // A kubelet that serves with a certificate of its own signs it as a CA.
  if (path === HOST_PATHS.kubeletServing) return 'quorate'
  if (isCA) return 'ca'
  if (path.startsWith('/var/lib/kubelet/')) return 'kubelet'
  // A kubelet that has its certificate in its kubeconfig moves it to a file of its own once it renews it.
  if (path === HOST_PATHS.kubeletConf) return 'kubelet'
  const place = etcdPlace(cluster)
  if (!BY_KUBEADM.test(path) || (place === 'elsewhere' && path === ETCD_CLIENT)) return 'owner'
  if (place === 'etcd-hosts' && (host.role === 'etcd' || path === ETCD_CLIENT)) {
    return hasAuthority ? 'apply' : 'authority'
  }
  return 'quorate'
}

/** Whether `kubeadm certs renew` renews it: all that Quorate renews but what a kubelet has signed itself. */
export function isRenewedByKubeadm(renewer: Renewer, { path }: Pick<CertificateFacts, 'path'>): boolean {
  return renewer === 'quorate' && path !== HOST_PATHS.kubeletServing
}

/** Renewers whose certificates last as long as the cluster file tells kubeadm to issue them for. */
const AS_KUBEADM_ISSUES: readonly Renewer[] = ['quorate', 'apply', 'authority']

/** The validity of a certificate, looked at at `at` (milliseconds since the epoch). */
export function expiryOf(cluster: Cluster, one: CertificateFacts, renewer: Renewer, at: number): Expiry {
  const isOfKubeadm = AS_KUBEADM_ISSUES.includes(renewer) && one.path !== HOST_PATHS.kubeletServing
  return { ...one, at, period: isOfKubeadm ? certificatePeriod(cluster) : Infinity }
}

/** `apiserver.crt`, `etcd/peer.crt`, `admin.conf`: almost the names in kubeadm's own table of expirations. */
export function certificateTitle(path: string): string {
  return path
    .replace(`${HOST_PATHS.pki}/`, '')
    .replace(`${HOST_PATHS.kubernetes}/`, '')
    .replace('/var/lib/kubelet/pki/', '')
}

/**
 * Where a component shows the certificate to whoever connects, as the host itself reaches it; undefined for clients and
 * authorities. The kubelet of an etcd host listens on its loopback alone.
 */
export function servedAt(cluster: Cluster, host: Host, path: string): Endpoint | undefined {
  const at = (port: number) => ({ host: host.internalAddress, port })
  switch (path) {
    case `${HOST_PATHS.pki}/apiserver.crt`:
      return host.role === 'control-plane' ? at(apiServerBindPort(cluster)) : undefined
    case `${HOST_PATHS.etcdPki}/server.crt`:
      return at(2379)
    case `${HOST_PATHS.etcdPki}/peer.crt`:
      return at(2380)
    case HOST_PATHS.kubeletServing:
    case HOST_PATHS.kubeletServingRotated:
      return host.role === 'etcd' ? { host: '127.0.0.1', port: 10250 } : at(10250)
    default:
      return undefined
  }
}
