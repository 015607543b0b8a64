/** Go's notation of durations, e.g. `8760h0m0s`. */

const UNITS_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ns: 1e-6,
}

/**
 * Reads a duration as Go's `time.ParseDuration` does.
 * @returns milliseconds; undefined if the text is none. `0` alone is not taken for one, since it may be a number.
 */
export function parseDuration(text: string): number | undefined {
  if (!/^[+-]?(?:\d+(?:\.\d*)?(?:h|ms|m|s|us|µs|μs|ns))+$/.test(text)) return undefined
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?)(h|ms|m|s|us|µs|μs|ns)/g)]
  const sum = parts.reduce((ms, [, number, unit = '']) => ms + Number(number) * (UNITS_MS[unit] ?? 0), 0)
  return text.startsWith('-') ? -sum : sum
}
