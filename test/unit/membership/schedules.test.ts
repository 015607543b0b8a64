import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runSchedule } from '../../support/membership/schedule.js'

const SCHEDULES = Number(process.env['QUORATE_SCHEDULES'] ?? 1000)

describe('the members of etcd', () => {
  it('x', () => {
    const tape = fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 120, size: 'max' })
    const t = Date.now()
    let ticks = 0
    fc.assert(
      fc.property(tape, (numbers) => {
        const { broken, ticks: n } = runSchedule(numbers)
        ticks += n
        if (broken === undefined) return
        throw new Error(`${broken}\n${runSchedule(numbers, { isTold: true }).story.join('\n')}`)
      }),
      { numRuns: SCHEDULES },
    )
    console.log(Date.now() - t, 'ms', ticks)
    expect(true).toBe(true)
  }, 600_000)
})
