/**
 * Every boundary of a bootstrap, broken in every place: the run ends well by itself, with the same end state as a
 * clean run, each mutation once, and goes on in time. Cases follow from a clean run; see docs/faults.md.
 */
import { afterAll, describe, expect, it } from 'vitest'
import { everyCase, placesOf, randomCase, randomNumbers, type FaultCase } from './cases.js'
import { differences } from './end-state.js'
import type { Fault } from './faults.js'
import type { Lane, RunOutcome } from './lane.js'
import { Sweep } from './sweep.js'
import { Tally } from './tally.js'

const only = process.env.QUORATE_FAULTS_ONLY ?? ''
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
].filter(({ name }) => name.includes(only))

afterAll(async () => {
  await sweep.close()
  console.log(`${tally.toString()}\n  ${sweep.lanes.length} lanes, ${Math.round((Date.now() - begun) / 1000)} s`)
})

/** What all others are compared with; it must end well itself, and every lane must come to the same. */
async function cleanRun(): Promise<{ readonly lane: Lane; readonly outcome: RunOutcome }> {
  const [lane] = sweep.lanes
  if (lane === undefined) throw new Error('the sweep has no lane')
  const outcome = await lane.run('clean', [])
  const findings = [...(outcome.failure === undefined ? [] : [outcome.failure]), outcome.end.unexpected].filter(Boolean)
  if (findings.length > 0) {
    const folder = lane.keep('clean', outcome, findings)
    await sweep.close()
    throw new Error(`the clean run failed, see ${folder}\n${findings.join('\n')}`)
  }
  return { lane, outcome }
}

/** Runs a case and judges it by everything that can be seen. */
async function judge(lane: Lane, group: string, name: string, faults: readonly Fault[]): Promise<void> {
  const outcome = await lane.run(name, faults)
  const findings = [
    ...(outcome.failure === undefined ? [] : [`it did not end well by itself: ${outcome.failure}`]),
    ...outcome.neverHappened.map((fault) => `never happened: ${JSON.stringify(fault)}`),
    ...differences(clean.outcome.end, outcome.end),
  ]
  findings.push(...tally.add(group, outcome, findings))
  if (findings.length === 0) return
  const folder = lane.keep(name, outcome, findings)
  const again = `npm run test:faults -- --only '${name}'`
  expect.fail([...findings, `faults: ${JSON.stringify(faults)}`, `logs: ${folder}`, `again: ${again}`].join('\n'))
}

function itEndsWell({ group, name, faults }: FaultCase): void {
  it.concurrent(name, () => sweep.inLane((lane) => judge(lane, group, name, faults)))
}

describe.concurrent.each(['worker killed', 'in a unit', 'ssh cut', 'two at random'] as const)('%s', (group) => {
  for (const one of cases) if (one.group === group) itEndsWell(one)
})

describe.runIf(only === '' || only.startsWith('server'))('server killed', () => {
  // All lanes have the one server, so that all of them go through each of its deaths.
  it('server-killed', async () => {
    const random = randomNumbers(seeds)
    for (let kill = 1; kill <= SERVER_KILLS; kill += 1) {
      const afterMs = 500 + Math.round(random() * clean.outcome.durationMs)
      const [first, ...others] = sweep.lanes
      if (first === undefined) return
      const name = `server-killed/${kill}`
      const stagger = clean.outcome.durationMs / sweep.lanes.length
      await Promise.all([
        judge(first, 'server killed', name, [{ kind: 'server-killed', afterMs }]),
        ...others.map(async (lane, index) => {
          await new Promise((resolve) => setTimeout(resolve, index * stagger))
          await judge(lane, 'server killed', `${name}/lane-${index + 2}`, [])
        }),
      ])
    }
  })
})
