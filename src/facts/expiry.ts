/** How long before its end a certificate is renewed, and how long before its end people are warned. Pure. */
import type { CertificateFacts } from './facts.js'
import type { Cluster } from '../cluster/model.js'
import { parseDuration } from '../values/go-duration.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** An apply renews a certificate that it can renew itself this long before its end. */
const RENEW_MS = 90 * DAY_MS
/** People are warned this long before the end of a certificate that somebody else must renew. */
const WARN_MS = 60 * DAY_MS

/**
 * Anyone who issues certificates for one month renews them monthly: none is due until this share of its lifetime is
 * left.
 */
const RENEW_SHARE = 1 / 4
const WARN_SHARE = 1 / 6
/**
 * kubelet renews its own certificates between 70 % and 90 % of their lifetime. With less than this share left, it has
 * failed to.
 */
const ROTATED_SHARE = 1 / 20

/** A certificate's validity, and the time at which it is checked (milliseconds since the epoch). */
export interface Expiry extends Pick<CertificateFacts, 'notBefore' | 'notAfter'> {
  readonly at: number
  /** How long new certificates are valid (milliseconds). kubeadm backdates them to the beginning of the CA. */
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

/**
 * How long the certificates that kubeadm issues for this cluster are valid, in milliseconds: a year, unless the file
 * says otherwise.
 */
export function certificatePeriod({ kubernetes }: Cluster): number {
  const YEAR_MS = 365 * DAY_MS
  const said = kubernetes.kubeadm.clusterConfiguration['certificateValidityPeriod']
  return typeof said === 'string' ? parseDuration(said) || YEAR_MS : YEAR_MS
}

function remaining({ notAfter, at }: Expiry): number {
  return Date.parse(notAfter) - at
}

function lifetime({ notBefore, notAfter, period }: Expiry): number {
  return Math.min(Date.parse(notAfter) - Date.parse(notBefore), period)
}
