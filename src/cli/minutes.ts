/** A length of time on the command line. */
import { InvalidArgumentError } from '@commander-js/extra-typings'

/** Longer than anybody waits: a week. */
const MOST_MINUTES = 7 * 24 * 60

/** Minutes, as a whole number or with a fraction, in milliseconds. */
export function parseMinutes(text: string): number {
  const minutes = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN
  if (minutes >= 0 && minutes <= MOST_MINUTES) return Math.round(minutes * 60_000)
  throw new InvalidArgumentError(`Give minutes, from 0 to ${MOST_MINUTES}.`)
}
