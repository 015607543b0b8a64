/**
 * How many inputs a parser is tried with. All parsers of the project share `QUORATE_FUZZ_RUNS` (100,000 unless given, as
 * in CI): each property takes a share of them, in proportion to what a peer can make of its input.
 */

const DEFAULT_RUNS = 100_000

/** @param share per mille of all inputs, e.g. 50 for 5,000 of 100,000. */
export function runs(share: number): { readonly numRuns: number } {
  return { numRuns: Math.max(1, Math.round((total() * share) / 1000)) }
}

function total(): number {
  const given = process.env['QUORATE_FUZZ_RUNS']
  if (given === undefined || given === '') return DEFAULT_RUNS
  const number = Number(given)
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new Error(`QUORATE_FUZZ_RUNS=${given}: give a whole number of at least 1`)
  }
  return number
}
