/**
 * Breaks a bootstrap in every place of every boundary. The run must end well by itself, with the end state of a clean run
 * and each mutation once, and must continue in time. The cases follow from a clean run; see docs/faults.md.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { everyCase, randomCase, randomNumbers } from './cases.js'
import type { Fault } from './faults.js'
import { APPLY } from './scenario.js'
import { isWanted, Suite } from './suite.js'
import { Sweep } from './sweep.js'
import { LIMITS, Tally } from './tally.js'

const seeds = Number(process.env.QUORATE_FAULTS_SEEDS ?? 8)
/** How often the server dies in each lane. */
const SERVER_KILLS = 3

const begun = Date.now()
const sweep = await Sweep.open()
const tally = new Tally()
const suite = await Suite.of(sweep, tally, APPLY).catch(async (error: unknown) => {
  await sweep.close()
  throw error
})
const { clean, places } = suite

afterAll(async () => {
  await sweep.close()
  console.log(
    `${tally.toString()}\n  ${sweep.lanes.length} lanes, ${Math.round((Date.now() - begun) / 1000)} s`,
  )
})

suite.test(
  [
    ...everyCase(places),
    ...Array.from({ length: seeds }, (_, index) => randomCase(index + 1, places)),
  ].filter(({ name }) => isWanted(name)),
)

describe.runIf(isWanted('server-killed'))('server killed', () => {
  // All lanes share one server, so each lane meets each of its deaths, at a different point.
  it('server-killed', async () => {
    const random = randomNumbers(seeds)
    const findings: string[] = []
    for (let kill = 1; kill <= SERVER_KILLS; kill += 1) {
      const afterMs = 500 + Math.round(random() * clean.durationMs)
      const runs = sweep.lanes.map(async (lane, index) => {
        await delay((index * clean.durationMs) / sweep.lanes.length)
        const faults: readonly Fault[] = index === 0 ? [{ kind: 'server-killed', afterMs }] : []
        return suite.judgeIn(lane, 'server killed', `server-killed/${kill}/lane-${index}`, faults)
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
