/** A length of time on the command line. */
import { InvalidArgumentError } from '@commander-js/extra-typings'

/** Longer than anybody waits: a week. */
const LONGEST_MS = 7 * 24 * 3_600_000

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000 } as const

/** A duration such as `90s`, `10m` or `1h`, in milliseconds. */
export function parseDuration(text: string): number {
  const [, number, unit] = /^(\d+)([smh])$/.exec(text) ?? []
  const milliseconds = Number(number) * UNITS[(unit ?? 's') as keyof typeof UNITS]
  if (milliseconds >= 0 && milliseconds <= LONGEST_MS) return milliseconds
  throw new InvalidArgumentError('Give a duration such as 90s, 10m or 1h, up to a week.')
}
