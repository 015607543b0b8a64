/** A length of time on the command line. */
import { InvalidArgumentError } from '@commander-js/extra-typings'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** Longer than anybody waits: a week. */
const LONGEST_MS = 7 * DAY_MS
/** Longer than a CA lasts. */
const LONGEST_PERIOD_MS = 100 * 365 * DAY_MS

const UNITS = { s: 1_000, m: MINUTE_MS, h: 60 * MINUTE_MS, d: DAY_MS } as const

/** A duration such as `90s`, `10m` or `1h`, in milliseconds. */
export function parseDuration(text: string): number {
  const milliseconds = text.endsWith('d') ? undefined : millisecondsIn(text)
  if (milliseconds !== undefined && milliseconds <= LONGEST_MS) return milliseconds
  throw new InvalidArgumentError('Give a duration such as 90s, 10m or 1h, up to a week.')
}

/** A length of time such as `60d` or `12h`, in milliseconds. */
export function parsePeriod(text: string): number {
  const milliseconds = millisecondsIn(text)
  if (milliseconds !== undefined && milliseconds <= LONGEST_PERIOD_MS) return milliseconds
  throw new InvalidArgumentError('Give a time such as 60d or 12h.')
}

function millisecondsIn(text: string): number | undefined {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(text) ?? []
  return number === undefined ? undefined : Number(number) * UNITS[unit as keyof typeof UNITS]
}
