/** Cases of one scenario: a clean run to compare with, and runs that are judged by everything that can be seen. */
import { describe, expect, it } from 'vitest'
import { FAULTS_EACH, inRuns, placesOf, type FaultCase, type Places } from './cases.js'
import { differences } from './end-state.js'
import type { Fault } from './faults.js'
import type { RunOutcome } from './lane.js'
import type { Scenario } from './scenario.js'
import type { Sweep } from './sweep.js'
import type { Tally } from './tally.js'

export class Suite {
  readonly sweep: Sweep
  readonly tally: Tally
  readonly scenario: Scenario
  /** The run that all others are compared with, in every lane. */
  readonly clean: RunOutcome
  readonly places: Places

  private constructor(sweep: Sweep, tally: Tally, scenario: Scenario, clean: RunOutcome, places: Places) {
    this.sweep = sweep
    this.tally = tally
    this.scenario = scenario
    this.clean = clean
    this.places = places
  }

  /** Makes the clean run, which must end well itself. */
  static async of(sweep: Sweep, tally: Tally, scenario: Scenario): Promise<Suite> {
    return sweep.inLane(async (lane) => {
      const name = `clean/${scenario.name}`
      const outcome = await lane.run(name, [], scenario)
      const findings = [outcome.failure ?? '', outcome.end.unexpected].filter(Boolean)
      if (findings.length > 0) {
        const folder = lane.keep(name, outcome, findings)
        throw new Error(`the clean run failed, see ${folder}\n${findings.join('\n')}`)
      }
      return new Suite(sweep, tally, scenario, outcome, placesOf(outcome.history, lane.model))
    })
  }

  /** Runs the faults in a lane, and returns what is wrong with the run. */
  async judge(group: string, name: string, faults: readonly Fault[]): Promise<readonly string[]> {
    return this.sweep.inLane((lane) => this.judgeIn(lane, group, name, faults))
  }

  async judgeIn(
    lane: Sweep['lanes'][number],
    group: string,
    name: string,
    faults: readonly Fault[],
  ): Promise<readonly string[]> {
    const outcome = await lane.run(name, faults, this.scenario)
    const findings = [
      ...(outcome.failure === undefined ? [] : [`it did not end well by itself: ${outcome.failure}`]),
      ...differences(this.clean.end, outcome.end, this.scenario.repeatable),
      ...outcome.neverHappened.map((fault) => `never happened: ${JSON.stringify(fault)}`),
    ]
    this.tally.add(`${this.scenario.name}: ${group}`, faults.length, outcome, findings)
    if (findings.length === 0) return []
    return [...findings, `faults: ${JSON.stringify(faults)}`, `logs: ${lane.keep(name, outcome, findings)}`]
  }

  /** Makes tests of the cases, several in one run. */
  test(cases: readonly FaultCase[]): void {
    for (const [group, faultsEach] of Object.entries(FAULTS_EACH)) {
      const ofGroup = cases.filter((one) => one.group === group)
      if (ofGroup.length === 0) continue
      describe.concurrent(group, () => {
        for (const run of inRuns(ofGroup, faultsEach)) this.itEndsWell(run)
      })
    }
  }

  /** One run for several cases. If it goes wrong, each case is judged by a run of its own. */
  private itEndsWell(cases: readonly FaultCase[]): void {
    const names = cases.map(({ name }) => name).join(',')
    const faults = cases.flatMap((one) => one.faults)
    let together: Promise<readonly string[]> | undefined
    for (const { group, name, faults: own } of cases) {
      it.concurrent(name, async () => {
        together ??= this.judge(group, cases.length === 1 ? name : `together/${name}`, faults)
        const findings = await together
        if (findings.length === 0) return
        const again = `again: npm run test:faults -- --only '${names}'`
        if (cases.length === 1) expect.fail([...findings, again].join('\n'))
        const alone = await this.judge(group, name, own)
        if (alone.length > 0)
          expect.fail([...alone, `again: npm run test:faults -- --only '${name}'`].join('\n'))
        // One fault may keep another from happening; anything else is wrong for two faults as well.
        const isReal = findings.some((finding) => !/^(never happened|faults|logs)/.test(finding))
        if (isReal) expect.fail([`only together with others:`, ...findings, again].join('\n'))
      })
    }
  }
}
