/** Promises that somebody awaits only later: until then, their errors must not end the workflow task. */

/** The promise itself. Whoever awaits it gets its error. */
export function awaitedLater<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined)
  return promise
}

/**
 * Everything that must be over. A phase without hosts is over at once, so what it would have waited for is named as well.
 */
export function together(...before: readonly Promise<unknown>[]): Promise<unknown> {
  return awaitedLater(Promise.all(before))
}
