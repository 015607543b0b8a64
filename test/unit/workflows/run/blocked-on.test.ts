import { describe, expect, it } from 'vitest'
import { BLOCKED_ON_BYTES, summariseBlockedOn } from '../../../../src/workflows/run/blocked-on.js'

const workers = (number: number) =>
  Array.from({ length: number }, (_, index) => `prepare-hosts/worker-${index}`)

describe('the summary of what an operation waits for', () => {
  it('names each step if there is room', () => {
    const steps = ['prepare-hosts/w1', 'control-planes/cp2']
    expect(summariseBlockedOn(steps, ['pause'])).toBe('prepare-hosts/w1, control-planes/cp2, pause')
  })

  it('is grouped by phase if it would be too long for a search attribute', () => {
    const steps = [...workers(12), 'control-planes/cp2']
    expect(summariseBlockedOn(steps, ['approval'])).toBe(
      'prepare-hosts: 12 hosts, control-planes: 1 host, approval',
    )
  })

  it('always fits', () => {
    const steps = Array.from({ length: 40 }, (_, index) => `a-phase-of-a-later-release-${index}/w1`)
    expect(summariseBlockedOn(steps)).toBe('40 steps')
    expect(summariseBlockedOn(workers(200)).length).toBeLessThanOrEqual(BLOCKED_ON_BYTES)
  })
})
