/** One line of `quorate doctor`. */

export type CheckStatus = 'ok' | 'warn' | 'fail'

/** What was looked at, how it is, and what to do where it is not well. */
export interface Check {
  readonly name: string
  readonly status: CheckStatus
  readonly detail: string
  readonly hint?: string
}

export function ok(name: string, detail: string): Check {
  return { name, status: 'ok', detail }
}

/** Something that may be meant so, or fixes itself. */
export function warn(name: string, detail: string, hint: string): Check {
  return { name, status: 'warn', detail, hint }
}

/** Something that stops an operation. */
export function fail(name: string, detail: string, hint: string): Check {
  return { name, status: 'fail', detail, hint }
}
