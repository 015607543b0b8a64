/**
 * Breaks a bootstrap in every place of every boundary. The run must end well by itself, with the end state of a clean run
 * and each mutation once, and must continue in time. The cases follow from a clean run; see docs/faults.md.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import {
  everyCase,
  FAULTS_EACH,
  inRuns,
  placesOf,
  randomCase,
  randomNumbers,
  type FaultCase,
} from './cases.js'
import { differences } from './end-state.js'
import type { Fault } from './faults.js'
import type { Lane, RunOutcome } from './lane.js'
import { Sweep } from './sweep.js'
import { LIMITS, Tally } from './tally.js'

/** Parts of the names of the wanted cases; without any, all are wanted. */
const only = (process.env.QUORATE_FAULTS_ONLY ?? '').split(',').filter(Boolean)
const isWanted = (name: string) => only.length === 0 || only.some((part) => name.includes(part))
const seeds = Number(process.env.QUORATE_FAULTS_SEEDS ?? 8)
/** How often the server dies in each lane. */
const SERVER_KILLS = 3

const sweep = await Sweep.open()
const begun = Date.now()
const tally = new Tally()
const clean = await cleanRun()
const places = placesOf(clean.outcome.history, clean.lane.model)
const cases = [
  ...everyCase(places),
  ...Array.from({ length: seeds }, (_, index) => randomCase(index + 1, places)),
].filter(({ name }) => isWanted(name))

afterAll(async () => {
  await sweep.close()
  console.log(
    `${tally.toString()}\n  ${sweep.lanes.length} lanes, ${Math.round((Date.now() - begun) / 1000)} s`,
  )
})

/** The run that all others are compared with, in every lane. It must end well itself. */
async function cleanRun(): Promise<{ readonly lane: Lane; readonly outcome: RunOutcome }> {
  const [lane] = sweep.lanes
  if (lane === undefined) throw new Error('the sweep has no lane')
  const outcome = await lane.run('clean', [])
  const findings = [outcome.failure ?? '', outcome.end.unexpected].filter(Boolean)
  if (findings.length > 0) {
    const folder = lane.keep('clean', outcome, findings)
    await sweep.close()
    throw new Error(`the clean run failed, see ${folder}\n${findings.join('\n')}`)
  }
  return { lane, outcome }
}

/** Runs the faults, judges the run by everything that can be seen, and returns what is wrong with it. */
async function judge(
  lane: Lane,
  group: string,
  name: string,
  faults: readonly Fault[],
): Promise<readonly string[]> {
  const outcome = await lane.run(name, faults)
  const findings = [
    ...(outcome.failure === undefined ? [] : [`it did not end well by itself: ${outcome.failure}`]),
    ...differences(clean.outcome.end, outcome.end),
    ...outcome.neverHappened.map((fault) => `never happened: ${JSON.stringify(fault)}`),
  ]
  tally.add(group, faults.length, outcome, findings)
  if (findings.length === 0) return []
  return [...findings, `faults: ${JSON.stringify(faults)}`, `logs: ${lane.keep(name, outcome, findings)}`]
}

/** One run for several cases. If it goes wrong, each case is judged by a run of its own. */
function itEndsWell(cases: readonly FaultCase[]): void {
  const names = cases.map(({ name }) => name).join(',')
  const faults = cases.flatMap((one) => one.faults)
  let together: Promise<readonly string[]> | undefined
  for (const { group, name, faults: own } of cases) {
    it.concurrent(name, async () => {
      together ??= sweep.inLane((lane) =>
        judge(lane, group, cases.length === 1 ? name : `together/${name}`, faults),
      )
      const findings = await together
      if (findings.length === 0) return
      const again = `again: npm run test:faults -- --only '${names}'`
      if (cases.length === 1) expect.fail([...findings, again].join('\n'))
      const alone = await sweep.inLane((lane) => judge(lane, group, name, own))
      if (alone.length > 0)
        expect.fail([...alone, `again: npm run test:faults -- --only '${name}'`].join('\n'))
      // One fault may keep another from happening; anything else is wrong for two faults as well.
      const isReal = findings.some((finding) => !/^(never happened|faults|logs)/.test(finding))
      if (isReal) expect.fail([`only together with others:`, ...findings, again].join('\n'))
    })
  }
}

for (const [group, faultsEach] of Object.entries(FAULTS_EACH)) {
  const ofGroup = cases.filter((one) => one.group === group)
  if (ofGroup.length > 0) describe.concurrent(group, () => inRuns(ofGroup, faultsEach).forEach(itEndsWell))
}

describe.runIf(isWanted('server-killed'))('server killed', () => {
  // All lanes share one server, so each lane meets each of its deaths, at a different point.
  it('server-killed', async () => {
    const random = randomNumbers(seeds)
    const findings: string[] = []
    for (let kill = 1; kill <= SERVER_KILLS; kill += 1) {
      const afterMs = 500 + Math.round(random() * clean.outcome.durationMs)
      const runs = sweep.lanes.map(async (lane, index) => {
        await delay((index * clean.outcome.durationMs) / sweep.lanes.length)
        const faults: readonly Fault[] = index === 0 ? [{ kind: 'server-killed', afterMs }] : []
        return judge(lane, 'server killed', `server-killed/${kill}/lane-${index}`, faults)
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
