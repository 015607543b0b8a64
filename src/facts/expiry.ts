/** How long before its end a certificate is renewed, and how long before anybody is told of it. Pure. */
import type { CertificateFacts } from './facts.js'
import type { Cluster } from '../cluster/model.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** What an apply renews by itself is renewed this long before its end. */
const RENEW_MS = 90 * DAY_MS
/** What somebody else must renew is told of this long before its end. */
const WARN_MS = 60 * DAY_MS

/** Who asks for certificates of a month renews them monthly: none is due before this part of its time is left. */
const RENEW_SHARE = 1 / 4
const WARN_SHARE = 1 / 6
/** kubelet renews its own between 70 % and 90 % of their time; with less left it has failed to. */
const ROTATED_SHARE = 1 / 20

/** A certificate's times, and when it is looked at (milliseconds since the epoch). */
export interface Expiry extends Pick<CertificateFacts, 'notBefore' | 'notAfter'> {
  readonly at: number
  /** For how long certificates are issued (milliseconds); kubeadm dates them back to the CA's beginning. */
  readonly period: number
}

/** Whether an apply renews it now. */
export function isRenewalDue(expiry: Expiry): boolean {
  return remaining(expiry) < Math.min(RENEW_MS, lifetime(expiry) * RENEW_SHARE)
}

/** Whether people must know that it ends; `rotated`: kubelet renews it by itself. */
export function endsSoon(expiry: Expiry, rotated = false): boolean {
  return remaining(expiry) < Math.min(WARN_MS, lifetime(expiry) * (rotated ? ROTATED_SHARE : WARN_SHARE))
}

/** Whether it is no longer valid. */
export function hasEnded(expiry: Expiry): boolean {
  return remaining(expiry) <= 0
}

/** For how long kubeadm issues certificates of this cluster, in milliseconds: a year, unless the file says otherwise. */
export function certificatePeriod({ kubernetes }: Cluster): number {
  const YEAR_MS = 365 * DAY_MS
  const said = kubernetes.kubeadm.clusterConfiguration['certificateValidityPeriod']
  return typeof said === 'string' ? goDuration(said) || YEAR_MS : YEAR_MS
}

const UNITS_MS: Readonly<Record<string, number>> = { h: HOUR_MS, m: 60_000, s: 1_000, ms: 1 }

/** Go's notation, e.g. `8760h0m0s`. */
function goDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)]
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS_MS[unit ?? ''] ?? 0), 0)
}

function remaining({ notAfter, at }: Expiry): number {
  return Date.parse(notAfter) - at
}

function lifetime({ notBefore, notAfter, period }: Expiry): number {
  return Math.min(Date.parse(notAfter) - Date.parse(notBefore), period)
}
