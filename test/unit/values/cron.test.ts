import { describe, expect, it } from 'vitest'
import { parseCron, restrictsBothDays } from '../../../src/values/cron.js'

const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6]

describe('a cron expression', () => {
  it('lists what each field matches', () => {
    expect(parseCron('0 */6 * * *')).toMatchObject({
      minutes: [0],
      hours: [0, 6, 12, 18],
      daysOfWeek: ALL_DAYS,
    })
    expect(parseCron('5,10-12,50/4 1 1,15 jan,JUL *')).toMatchObject({
      minutes: [5, 10, 11, 12, 50, 54, 58],
      hours: [1],
      daysOfMonth: [1, 15],
      months: [1, 7],
    })
    expect(parseCron('0 0-23/12 * * mon-fri')).toMatchObject({ hours: [0, 12], daysOfWeek: [1, 2, 3, 4, 5] })
  })

  it.each(['0 0 * * 0', '0 0 * * 7', '0 0 * * sun', '0 0 * * 0,7'])('knows Sunday in %s', (text) => {
    expect(parseCron(text)?.daysOfWeek).toEqual([0])
  })

  it('ends a week on Sunday if it is asked to', () => {
    expect(parseCron('0 0 * * 5-7')?.daysOfWeek).toEqual([0, 5, 6])
    expect(parseCron('0 0 * * */2')?.daysOfWeek).toEqual([0, 2, 4, 6])
  })

  it.each([
    ['four fields', '0 0 * *'],
    ['six fields', '0 0 0 * * *'],
    ['a minute that no hour has', '60 * * * *'],
    ['day 0', '0 0 0 * *'],
    ['a range that goes back', '0 9-5 * * *'],
    ['a step of nothing', '*/0 * * * *'],
    ['an empty list item', '0, 0 * * *'],
    ['a name where none belongs', 'jan 0 * * *'],
    ['an extension', '0 0 L * *'],
    ['a short form', '@daily'],
    ['a day that never comes', '0 0 31 feb,apr *'],
    ['nothing', ''],
  ])('has not %s', (_, text) => {
    expect(parseCron(text)).toBeUndefined()
  })

  it.each([
    ['0 0 1 * mon', true],
    ['0 0 1 * *', false],
    ['0 0 * * mon', false],
    ['0 0 1-31 * mon', false],
  ])('%s restricts both kinds of days: %s', (text, both) => {
    const times = parseCron(text)
    expect(times !== undefined && restrictsBothDays(times)).toBe(both)
  })
})
