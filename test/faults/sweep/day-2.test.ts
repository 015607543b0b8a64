/**
 * Breaks the operations on a cluster that runs: each at every boundary, by another fault each time, and in its units. The
 * run must end well by itself, with the end state of a clean run and each mutation once; see docs/faults.md.
 */
import { afterAll, describe } from 'vitest'
import { everyCase, spreadCases } from './cases.js'
import { DAY_2 } from './scenario.js'
import { isWanted, Suite } from './suite.js'
import { Sweep } from './sweep.js'
import { Tally } from './tally.js'

/** Every fault at every boundary, instead of one at each. */
const all = process.env.QUORATE_FAULTS_ALL === '1'
/** Only scenarios whose names contain one of these parts. */
const operations = (process.env.QUORATE_FAULTS_OPERATIONS ?? '').split(',').filter(Boolean)
const wanted = DAY_2.filter(
  ({ name }) => operations.length === 0 || operations.some((part) => name.includes(part)),
)

const begun = Date.now()
const sweep = await Sweep.open()
const tally = new Tally()
const made = await Promise.allSettled(wanted.map((scenario) => Suite.of(sweep, tally, scenario)))
const failures = made.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
if (failures.length > 0) {
  await sweep.close()
  throw new AggregateError(failures, failures.map(String).join('\n\n'))
}
const suites = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))

afterAll(async () => {
  await sweep.close()
  console.log(
    `${tally.toString()}\n  ${sweep.lanes.length} lanes, ${Math.round((Date.now() - begun) / 1000)} s`,
  )
})

describe.concurrent.each(suites)('$scenario.name', (suite) => {
  const { name } = suite.scenario
  const cases = (all ? everyCase : spreadCases)(suite.places).map((one) => ({
    ...one,
    name: `${name}/${one.name}`,
  }))
  suite.test(cases.filter((one) => isWanted(one.name)))
})
