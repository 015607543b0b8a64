/** How long before its end a certificate is renewed, and how long before its end people are warned. Pure. */
import type { CertificateFacts } from './facts.js'
import type { Cluster } from '../cluster/model.js'
import { parseDuration } from '../values/go-duration.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A time before the end of a certificate. */
interface Margin {
  readonly ms: number
  /**
   * Anyone who issues certificates for one month renews them monthly: the margin is never more than this share of the
   * lifetime.
   */
  readonly share: number
}

/** The one table of how long before the end something is done or said. */
const MARGINS = {
  /** What Quorate can renew itself is renewed. */
  renew: { ms: 90 * DAY_MS, share: 1 / 4 },
  /** People are warned. */
  warn: { ms: 60 * DAY_MS, share: 1 / 6 },
  /** The same for what kubelet renews between 70 % and 90 % of the lifetime: with less left, it has failed to. */
  warnRotated: { ms: 60 * DAY_MS, share: 1 / 20 },
  /** People are warned that it is urgent. */
  urge: { ms: 7 * DAY_MS, share: 1 / 24 },
} as const satisfies Readonly<Record<string, Margin>>

/** How near the end of a certificate is. */
export type Urgency = 'none' | 'soon' | 'urgent' | 'ended'

/** A certificate's validity, and the time at which it is checked (milliseconds since the epoch). */
export interface Expiry extends Pick<CertificateFacts, 'notBefore' | 'notAfter'> {
  readonly at: number
  /** How long new certificates are valid (milliseconds). kubeadm backdates them to the beginning of the CA. */
  readonly period: number
}

/** Whether it is renewed now by whoever can renew it. */
export function isRenewalDue(expiry: Expiry): boolean {
  return isWithin(expiry, MARGINS.renew)
}

/** What people must know of its end; `rotated`: kubelet renews it by itself. */
export function urgencyOf(expiry: Expiry, rotated = false): Urgency {
  if (hasEnded(expiry)) return 'ended'
  if (isWithin(expiry, MARGINS.urge)) return 'urgent'
  return isWithin(expiry, rotated ? MARGINS.warnRotated : MARGINS.warn) ? 'soon' : 'none'
}

/** Whether it is no longer valid. */
export function hasEnded(expiry: Expiry): boolean {
  return remaining(expiry) <= 0
}

/**
 * How long the certificates that kubeadm issues for this cluster are valid, in milliseconds: a year, unless the file
 * says otherwise.
 */
export function certificatePeriod({ kubernetes }: Cluster): number {
  const YEAR_MS = 365 * DAY_MS
  const said = kubernetes.kubeadm.clusterConfiguration['certificateValidityPeriod']
  return typeof said === 'string' ? parseDuration(said) || YEAR_MS : YEAR_MS
}

function isWithin(expiry: Expiry, { ms, share }: Margin): boolean {
  return remaining(expiry) < Math.min(ms, lifetime(expiry) * share)
}

function remaining({ notAfter, at }: Expiry): number {
  return Date.parse(notAfter) - at
}

function lifetime({ notBefore, notAfter, period }: Expiry): number {
  return Math.min(Date.parse(notAfter) - Date.parse(notBefore), period)
}
