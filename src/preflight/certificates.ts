/** Checks how long the certificates on hosts are valid. kubeadm's expire after a year, most of them without warning. */
import { certificatePeriod, endsSoon, hasEnded } from '../facts/expiry.js'
import type { CertificateFacts } from '../facts/facts.js'
import { issuerOf } from '../facts/etcd-renewal.js'
import { HOST_PATHS } from '../cluster/host-paths.js'
import { ETCD_CLIENT_FILES } from '../configuration/pki.js'
import { etcdPlace, type Host } from '../cluster/model.js'
import {
  finding,
  listNames,
  perHost,
  runsKubelet,
  type Check,
  type PreflightContext,
  type PreflightFinding,
} from './finding.js'

/** What `kubeadm certs renew all` renews, below /etc/kubernetes. */
const BY_KUBEADM =
  /^\/etc\/kubernetes\/(?:(?:super-)?admin\.conf|controller-manager\.conf|scheduler\.conf|pki\/(?:apiserver|apiserver-kubelet-client|apiserver-etcd-client|front-proxy-client)\.crt|pki\/etcd\/(?:server|peer|healthcheck-client)\.crt)$/

const ETCD_CLIENT = ETCD_CLIENT_FILES.certificate.path

/** Who renews a certificate, and what a person does about it. */
const HINTS = {
  apply: '`quorate apply` renews it, one host after the other',
  authority:
    'restore /etc/kubernetes/pki/etcd/ca.key on the etcd host that had it (owner root, mode 0600); then `quorate apply` renews it',
  kubeadm:
    'run `kubeadm certs renew all` there, then restart the static pods: move each manifest out of /etc/kubernetes/manifests for 20 seconds and back; one control plane after the other',
  kubelet:
    'check `journalctl -u kubelet` there and `kubectl get csr`: the kubelet should have renewed it; if it has expired, see "Troubleshooting kubeadm" in the Kubernetes documentation',
  ca: 'replace it as the Kubernetes page "Manual Rotation of CA Certificates" says; whatever it has issued expires with it',
  owner: 'renew it where it was issued',
} as const

type Renewer = keyof typeof HINTS

/** Renewers whose certificates last as long as the cluster file tells kubeadm to issue them for. */
const ISSUED_BY_KUBEADM: readonly Renewer[] = ['apply', 'authority', 'kubeadm']

/** Warnings only: an apply may be what repairs a cluster whose certificates have expired. */
export const certificates: Check = perHost(({ host, facts }, context) => {
  const { cluster } = context
  const seen = facts.certificates
  if (seen === undefined || !runsKubelet(host)) return []
  const at = Date.parse(seen.at)
  const expiry = (one: CertificateFacts, renewer: Renewer) => ({
    ...one,
    at,
    period: ISSUED_BY_KUBEADM.includes(renewer) ? certificatePeriod(cluster) : Infinity,
  })
  const due = seen.found
    .map((one) => ({ one, renewer: renewerOf(context, host, one) }))
    .filter(({ one, renewer }) => endsSoon(expiry(one, renewer), renewer === 'kubelet'))
  return (Object.keys(HINTS) as Renewer[]).flatMap((renewer) => {
    const own = due.filter((entry) => entry.renewer === renewer).map(({ one }) => one)
    const ended = own.filter((one) => hasEnded(expiry(one, renewer)))
    const ending = own.filter((one) => !ended.includes(one))
    return [
      ...inOneFinding(host, 'CERTIFICATE_EXPIRED', ended, HINTS[renewer]),
      ...inOneFinding(host, 'CERTIFICATE_EXPIRING', ending, HINTS[renewer]),
    ]
  })
})

function inOneFinding(
  host: Host,
  code: 'CERTIFICATE_EXPIRED' | 'CERTIFICATE_EXPIRING',
  found: readonly CertificateFacts[],
  hint: string,
): readonly PreflightFinding[] {
  const [first, ...others] = found.toSorted((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter))
  if (first === undefined) return []
  const names = listNames([first, ...others].map(({ path }) => title(path)))
  const day = first.notAfter.slice(0, 10)
  const when = others.length === 0 ? `on ${day}` : `the first on ${day}`
  const [expired, expires] = others.length === 0 ? ['has expired', 'expires'] : ['have expired', 'expire']
  const verb = code === 'CERTIFICATE_EXPIRED' ? expired : `${expires} soon`
  return [finding('warning', code, host, `${names} ${verb}, ${when}`, hint)]
}

function renewerOf(
  { cluster, observed }: PreflightContext,
  host: Host,
  { path, isCA }: CertificateFacts,
): Renewer {
  if (isCA) return 'ca'
  if (path.startsWith('/var/lib/kubelet/')) return 'kubelet'
  const place = etcdPlace(cluster)
  if (!BY_KUBEADM.test(path) || (place === 'elsewhere' && path === ETCD_CLIENT)) return 'owner'
  if (place === 'etcd-hosts' && (host.role === 'etcd' || path === ETCD_CLIENT)) {
    return issuerOf(observed) === undefined ? 'authority' : 'apply'
  }
  return 'kubeadm'
}

/** `apiserver.crt`, `etcd/peer.crt`, `admin.conf`: almost the names in kubeadm's own table of expirations. */
function title(path: string): string {
  return path.replace(`${HOST_PATHS.pki}/`, '').replace(`${HOST_PATHS.kubernetes}/`, '')
}
