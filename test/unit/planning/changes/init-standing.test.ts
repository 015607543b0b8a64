import { describe, expect, it } from 'vitest'
import { judgeInit, type InitSigns } from '../../../../src/planning/changes/init-standing.js'

const DATA: InitSigns = {
  holdsState: true,
  isRecorded: false,
  hasJoinedEtcd: false,
  isUnfinished: false,
  isKnown: false,
}
const NONE: InitSigns = { ...DATA, holdsState: false }

describe('a control plane that may have been initialised', () => {
  it('was not, if it holds nothing and has no record of it', () => {
    expect(judgeInit(NONE)).toBe('absent')
    expect(judgeInit({ ...NONE, isUnfinished: true })).toBe('absent')
  })

  it('has lost its state if only the record is left', () => {
    expect(judgeInit({ ...NONE, isRecorded: true })).toBe('lost')
  })

  it('has lost its place if a cluster was known and nothing of it is left here', () => {
    expect(judgeInit({ ...NONE, isKnown: true })).toBe('elsewhere')
    expect(judgeInit({ ...NONE, isKnown: true, isUnfinished: true })).toBe('elsewhere')
  })

  it('was, if its data are not surely those of a failed init of ours', () => {
    expect(judgeInit(DATA)).toBe('there')
    expect(judgeInit({ ...DATA, isUnfinished: true, isRecorded: true })).toBe('there')
    expect(judgeInit({ ...DATA, isUnfinished: true, hasJoinedEtcd: true })).toBe('there')
  })

  it('was not, if our init failed and nothing depends on it', () => {
    expect(judgeInit({ ...DATA, isUnfinished: true })).toBe('unless-alone')
  })
})
