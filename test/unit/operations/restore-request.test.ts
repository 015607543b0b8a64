import { describe, expect, it } from 'vitest'
import { asPlanned, type RestoreRequest } from '../../../src/operations/restore/request.js'

const REQUEST: RestoreRequest = {
  from: { kind: 'snapshot' },
  dead: ['cp3'],
  mayBeOfOtherEtcd: false,
  withoutSaving: false,
}

describe('a restore that was confirmed with its plan', () => {
  it('takes the snapshot of that plan, and none that was taken since', () => {
    expect(asPlanned(REQUEST, 'prod-1')).toEqual({ ...REQUEST, from: { kind: 'snapshot', name: 'prod-1' } })
  })

  it('is as it was asked for where the plan has chosen none: the state of a survivor, an archive', () => {
    const survivor: RestoreRequest = { ...REQUEST, from: { kind: 'survivor' } }
    expect(asPlanned(survivor, undefined)).toBe(survivor)
    const archive = { archive: 'prod-1', identity: '/id' }
    expect(asPlanned(archive, undefined)).toBe(archive)
  })
})
