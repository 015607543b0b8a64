/** Checks that the hosts agree on the time. Certificates and tokens are refused if they do not. */
import { finding, type Check } from './finding.js'

/** Two clocks may differ by this much. */
const MAX_SKEW_MS = 30_000

const HINT =
  'synchronise the clock: `timedatectl set-ntp true`, or `chronyc makestep` where chrony runs; `timedatectl` shows it'

/** Compares each clock with the median, so that only the clock that is wrong is reported, and not all others. */
export const clockSkew: Check = ({ observed }) => {
  const offsets = observed.map(({ facts }) => facts.clockOffsetMs).sort((a, b) => a - b)
  const median = offsets[Math.floor(offsets.length / 2)] ?? 0
  return observed.flatMap(({ host, facts }) => {
    const skew = facts.clockOffsetMs - median
    if (Math.abs(skew) - facts.clockUncertaintyMs <= MAX_SKEW_MS) return []
    const seconds = Math.round(Math.abs(skew) / 1000)
    const message = `the clock is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} the other hosts, ${MAX_SKEW_MS / 1000} s are allowed`
    return [finding('error', 'CLOCK_SKEW', host, message, HINT)]
  })
}
