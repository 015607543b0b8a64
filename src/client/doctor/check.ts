/** One line of `quorate doctor`. */

export type CheckStatus = 'ok' | 'warn' | 'fail'

/** What was checked, its state, and what to do if something is wrong. */
export interface Check {
  readonly name: string
  readonly status: CheckStatus
  readonly detail: string
  readonly hint?: string
}

export function ok(name: string, detail: string): Check {
  return { name, status: 'ok', detail }
}

/** Something that may be intended, or that fixes itself. */
export function warn(name: string, detail: string, hint: string): Check {
  return { name, status: 'warn', detail, hint }
}

/** Something that stops an operation. */
export function fail(name: string, detail: string, hint: string): Check {
  return { name, status: 'fail', detail, hint }
}
