import { describe, expect, it } from 'vitest'
import { hintWhenParked } from '../../../src/errors/index.js'

describe('the hint of a parked step', () => {
  it('says that a retry uses the file of the run if the file may be the cause', () => {
    const hint = hintWhenParked({ code: 'PACKAGE_MISSING', hint: 'check kubernetes.version' })
    expect(hint).toMatch(
      /^check kubernetes.version; a retry uses the cluster file that this run started with/,
    )
    expect(hint).toContain('`quorate resume --abort`, then `quorate apply`')
    expect(hintWhenParked({ code: 'PACKAGE_MISSING', hint })).toBe(hint)
  })

  it('is unchanged otherwise', () => {
    expect(hintWhenParked({ code: 'DISK_FULL', hint: 'free space' })).toBe('free space')
  })
})
