import { describe, expect, it } from 'vitest'
import { createActivities } from '../../../../src/activities/index.js'
import { runsIn } from '../../../../src/cli/output/phase-of-step.js'

/** These are no step of a phase. */
const BESIDE_PHASES = [
  'resolveVersion',
  'releaseHost',
  'readLosses',
  'sendNotification',
  'lookAtArchive',
  'lookForRestore',
  'readSnapshot',
  'lookAtMember',
  'findUpdates',
  'readEtcdVersions',
  'predictDrains',
]

describe('the phase of a step', () => {
  it('is known for every activity that belongs to one', () => {
    const names = Object.keys(createActivities(undefined as never))
    const anywhere = names.filter(
      (name) => runsIn(name, { title: 'Facts' }) && runsIn(name, { title: 'Verify' }),
    )
    expect(anywhere).toEqual(BESIDE_PHASES)
  })

  it('follows from the ID of the phase, whatever the phase is called in another release', () => {
    const phase = { id: 'verify', title: 'Final verification' }
    expect(runsIn('verifyCluster', phase)).toBe(true)
    expect(runsIn('gatherFacts', phase)).toBe(false)
  })

  it('can be any for an activity or phase of another version', () => {
    expect(runsIn('somethingNew', { title: 'Verify' })).toBe(true)
    expect(runsIn('prepareHost', { title: 'A new phase' })).toBe(true)
  })
})
