import { describe, expect, it } from 'vitest'
import { createActivities } from '../../../../src/activities/index.js'
import { runsIn } from '../../../../src/cli/output/phase-of-step.js'

/** These are no step of a phase. */
const BESIDE_PHASES = ['resolveVersion', 'releaseHost']

describe('the phase of a step', () => {
  it('is known for every activity that belongs to one', () => {
    const names = Object.keys(createActivities(undefined as never))
    const anywhere = names.filter((name) => runsIn(name, 'Facts') && runsIn(name, 'Verify'))
    expect(anywhere).toEqual(BESIDE_PHASES)
  })

  it('can be any for an activity or phase of another version', () => {
    expect(runsIn('somethingNew', 'Verify')).toBe(true)
    expect(runsIn('prepareHost', 'A new phase')).toBe(true)
  })
})
