/** What is done to a cluster by the clock, and when. */

/** What can be scheduled. `drift` is a plan: it reports what an apply would change, and changes nothing. */
export type ScheduleKind = 'snapshot' | 'renewCertificates' | 'drift'

/** When a schedule comes due. */
export interface ScheduleTime {
  /** Five fields, as `values/cron` reads them. */
  readonly cron: string
  /** A name of the IANA time zone database, e.g. `Europe/Berlin`. */
  readonly timeZone: string
}

/** `spec.schedules`: only what is wanted is there. */
export type Schedules = Readonly<Partial<Record<ScheduleKind, ScheduleTime>>>
