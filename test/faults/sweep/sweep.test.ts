/**
 * Breaks operations: a bootstrap in every place of every boundary, and those on a cluster that runs once at each boundary.
 * The run must end well by itself, with the end state of a clean run and each mutation once, and must continue in time.
 * The cases follow from a clean run; see docs/faults.md.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import {
  casesOfEachGroup,
  everyCase,
  randomCase,
  randomNumbers,
  spreadCases,
  type FaultCase,
} from './cases.js'
import type { Fault } from './faults.js'
import { APPLY } from './scenario.js'
import { Suite } from './suite.js'
import { Sweep } from './sweep.js'
import { LIMITS, Tally } from './tally.js'
import { isForEveryChange, isNarrowed, isWanted, wantedScenarios } from './wanted.js'

const seeds = Number(process.env.QUORATE_FAULTS_SEEDS ?? (isForEveryChange ? 4 : 8))
/** How often the server dies in each lane. */
const SERVER_KILLS = isForEveryChange ? 2 : 3

const begun = Date.now()
const sweep = await Sweep.open()
const tally = new Tally()
const suites = await cleanRuns()

afterAll(async () => {
  await sweep.close()
  console.log(
    `${tally.toString()}\n  ${sweep.lanes.length} lanes, ${Math.round((Date.now() - begun) / 1000)} s`,
  )
})

/** Of each operation that is wanted, beside each other. */
async function cleanRuns(): Promise<readonly Suite[]> {
  const made = await Promise.allSettled(wantedScenarios().map((scenario) => Suite.of(sweep, tally, scenario)))
  const failures = made.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  if (failures.length > 0) {
    await sweep.close()
    throw new AggregateError(failures, failures.map(String).join('\n\n'))
  }
  return made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

/**
 * An apply meets all faults everywhere, or for a change each group of them; others one at each boundary, unless cases are
 * named.
 */
function casesOf({ scenario, places }: Suite): readonly FaultCase[] {
  if (scenario !== APPLY) return (isNarrowed ? everyCase : spreadCases)(places)
  const ofApply = isForEveryChange && !isNarrowed ? casesOfEachGroup : everyCase
  return [...ofApply(places), ...Array.from({ length: seeds }, (_, index) => randomCase(index + 1, places))]
}

for (const suite of suites) {
  const { name } = suite.scenario
  const cases = casesOf(suite).map((one) => ({ ...one, name: `${name}/${one.name}` }))
  const wanted = cases.filter((one) => isWanted(one.name))
  if (wanted.length > 0) describe.concurrent(name, () => suite.test(wanted))
}

const apply = suites.find(({ scenario }) => scenario === APPLY)
describe.runIf(apply !== undefined && isWanted('server-killed'))('server killed', () => {
  // All lanes share one server, so each lane meets each of its deaths, at a different point.
  it('server-killed', async () => {
    if (apply === undefined) return
    // The clean run of the comparison went on beside those of other operations, and took longer than these will.
    const { durationMs } = await sweep.inLane((lane) => lane.run('server-killed/alone', [], APPLY))
    const random = randomNumbers(seeds)
    const findings: string[] = []
    for (let kill = 1; kill <= SERVER_KILLS; kill += 1) {
      const afterMs = 500 + Math.round(random() * durationMs)
      const runs = sweep.lanes.map(async (lane, index) => {
        await delay((index * durationMs) / sweep.lanes.length)
        const faults: readonly Fault[] = index === 0 ? [{ kind: 'server-killed', afterMs }] : []
        return apply.judgeIn(lane, 'server killed', `server-killed/${kill}/lane-${index}`, faults)
      })
      findings.push(...(await Promise.all(runs)).flat())
    }
    expect(findings).toEqual([])
  })
})

describe('after a restart', () => {
  it.each(Object.entries(LIMITS))('the run continues in time: %s', (what, limit) => {
    expect(tally.halfRecoveredWithin(what as keyof typeof LIMITS)).toBeLessThanOrEqual(limit)
  })
})
