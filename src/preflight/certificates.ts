/** Checks how long the certificates on hosts are valid. kubeadm's expire after a year, most of them without warning. */
import { certificateTitle, expiryOf, renewerOf, type Renewer } from '../facts/certificates.js'
import { urgencyOf, type Urgency } from '../facts/expiry.js'
import type { CertificateFacts } from '../facts/facts.js'
import { issuerOf } from '../facts/etcd-renewal.js'
import type { Host } from '../cluster/model.js'
import { count } from '../values/words.js'
import { finding, listNames, perHost, runsKubelet, type Check, type PreflightFinding } from './finding.js'

/** What a person does about a certificate, by who renews it. */
const HINTS = {
  apply: '`quorate apply` renews it, one host after the other, and so does `quorate certificates renew`',
  authority:
    'restore /etc/kubernetes/pki/etcd/ca.key on the etcd host that had it (owner root, mode 0600); then `quorate apply` renews it',
  quorate: '`quorate certificates renew` renews it, one host after the other',
  kubelet:
    'check `journalctl -u kubelet` there and `kubectl get csr`: the kubelet should have renewed it; if it has expired, `quorate certificates renew` brings the kubelet back',
  ca: 'replace it as the Kubernetes page "Manual Rotation of CA Certificates" says; whatever it has issued expires with it',
  owner: 'renew it where it was issued',
} as const satisfies Readonly<Record<Renewer, string>>

/** Warnings only: an apply may be what repairs a cluster whose certificates have expired. */
export const certificates: Check = perHost(({ host, facts }, { cluster, observed }) => {
  const seen = facts.certificates
  if (seen === undefined || !runsKubelet(host)) return []
  const at = Date.parse(seen.at)
  const hasAuthority = issuerOf(observed) !== undefined
  const judged = seen.found.map((one) => {
    const renewer = renewerOf(cluster, host, one, hasAuthority)
    return {
      one,
      renewer,
      urgency: urgencyOf(expiryOf(cluster, one, renewer, at), renewer === 'kubelet'),
    }
  })
  return (Object.keys(HINTS) as Renewer[]).flatMap((renewer) =>
    (['ended', 'urgent', 'soon'] as const).flatMap((urgency) => {
      const found = judged.filter((entry) => entry.renewer === renewer && entry.urgency === urgency)
      return inOneFinding(
        host,
        urgency,
        found.map(({ one }) => one),
        HINTS[renewer],
        at,
      )
    }),
  )
})

/** What is said of one certificate, and of several. */
const WORDS = {
  ended: { code: 'CERTIFICATE_EXPIRED', one: 'has expired', several: 'have expired' },
  urgent: { code: 'CERTIFICATE_EXPIRING', one: 'expires', several: 'expire' },
  soon: { code: 'CERTIFICATE_EXPIRING', one: 'expires soon', several: 'expire soon' },
} as const satisfies Readonly<Record<Exclude<Urgency, 'none'>, object>>

function inOneFinding(
  host: Host,
  urgency: keyof typeof WORDS,
  found: readonly CertificateFacts[],
  hint: string,
  at: number,
): readonly PreflightFinding[] {
  const [first, ...others] = found.toSorted((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter))
  if (first === undefined) return []
  const { code, one, several } = WORDS[urgency]
  const names = listNames([first, ...others].map(({ path }) => certificateTitle(path)))
  const day = first.notAfter.slice(0, 10)
  const when = others.length === 0 ? `on ${day}` : `the first on ${day}`
  const left = urgency === 'urgent' ? ` within ${hoursOrDays(Date.parse(first.notAfter) - at)}` : ''
  return [
    finding('warning', code, host, `${names} ${others.length === 0 ? one : several}${left}, ${when}`, hint),
  ]
}

const HOUR_MS = 3_600_000

function hoursOrDays(ms: number): string {
  const hours = Math.max(1, Math.ceil(ms / HOUR_MS))
  return hours > 48 ? count(Math.ceil(hours / 24), 'day') : count(hours, 'hour')
}
