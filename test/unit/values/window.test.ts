import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lookAtWindows, parseWindow } from '../../../src/values/window.js'

const at = (iso: string) => Date.parse(iso)
const MINUTE = 60_000
const iso = (look: ReturnType<typeof lookAtWindows>) =>
  new Date(look.isOpen ? look.closesAt : look.opensAt).toISOString()

describe('a window', () => {
  it('opens on its day, by the clock of its zone, which is UTC unless given', () => {
    const summer = lookAtWindows(['Sat 01:00-05:00 Europe/Berlin'], at('2026-07-01T12:00:00Z'))
    expect(summer).toEqual({
      isOpen: false,
      opensAt: at('2026-07-03T23:00:00Z'),
      opens: 'Sat 2026-07-04 01:00 Europe/Berlin',
    })
    expect(iso(lookAtWindows(['Sat 01:00-05:00'], at('2026-07-01T12:00:00Z')))).toBe(
      '2026-07-04T01:00:00.000Z',
    )
  })

  it('closes at its end, and not before', () => {
    const windows = ['Sat 01:00-05:00 Europe/Berlin']
    expect(lookAtWindows(windows, at('2026-11-28T00:00:00Z'))).toEqual({
      isOpen: true,
      closesAt: at('2026-11-28T04:00:00Z'),
    })
    expect(lookAtWindows(windows, at('2026-11-28T03:59:59.999Z')).isOpen).toBe(true)
    expect(lookAtWindows(windows, at('2026-11-28T04:00:00Z')).isOpen).toBe(false)
  })

  it('goes on past midnight into a day that it does not name', () => {
    const windows = ['Sat 22:00-02:00']
    expect(iso(lookAtWindows(windows, at('2026-11-28T23:00:00Z')))).toBe('2026-11-29T02:00:00.000Z')
    expect(lookAtWindows(windows, at('2026-11-28T01:00:00Z')).isOpen).toBe(false)
  })

  it('takes ranges of days, also across the end of the week, lists of days, and every day', () => {
    expect(parseWindow('Fri-Mon 01:00-02:00').days).toEqual([5, 6, 0, 1])
    expect(parseWindow('mon,Wed 01:00-02:00').days).toEqual([1, 3])
    expect(parseWindow('daily 01:00-02:00').days).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('does not open on the day on which clocks pass over all of it, and is longer where they are put back', () => {
    // In Berlin, clocks go from 2:00 to 3:00 on 29 March 2026, and from 3:00 to 2:00 on 25 October 2026.
    const night = ['Sun 02:15-02:45 Europe/Berlin']
    expect(iso(lookAtWindows(night, at('2026-03-28T12:00:00Z')))).toBe('2026-04-05T00:15:00.000Z')
    const long = ['Sun 01:00-04:00 Europe/Berlin']
    expect(iso(lookAtWindows(long, at('2026-10-25T00:30:00Z')))).toBe('2026-10-25T03:00:00.000Z')
  })

  it('is one of several: the next one counts', () => {
    const look = lookAtWindows(['Sat 01:00-05:00', 'Wed 03:00-04:00'], at('2026-11-27T12:00:00Z'))
    expect(iso(look)).toBe('2026-11-28T01:00:00.000Z')
    expect(iso(lookAtWindows(['Sat 01:00-05:00', 'Sat 04:00-06:00'], at('2026-11-28T02:00:00Z')))).toBe(
      '2026-11-28T06:00:00.000Z',
    )
  })

  it.each([
    '',
    'Sat',
    'Sat 01:00',
    'Sat 25:00-26:00',
    'Sat 1:00-5:00',
    'Sat 05:00-05:00',
    'Someday 01:00-02:00',
  ])('is not %j', (text) => {
    expect(() => parseWindow(text)).toThrow(RangeError)
  })

  it('names the zone that does not exist', () => {
    expect(() => parseWindow('Sat 01:00-05:00 Europe/Atlantis')).toThrow(
      'no time zone is called Europe/Atlantis',
    )
  })
})

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe']
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
const windows = fc
  .record({
    day: fc.constantFrom(...DAYS, 'daily'),
    start: fc.integer({ min: 0, max: 1439 }),
    length: fc.integer({ min: 1, max: 1439 }),
    zone: fc.constantFrom(...ZONES),
  })
  .map(({ day, start, length, zone }) => `${day} ${clock(start)}-${clock((start + length) % 1440)} ${zone}`)
// Around the days on which clocks change in 2026, and any other time.
const times = fc.oneof(
  fc.integer({ min: at('2026-03-27T00:00:00Z'), max: at('2026-04-06T00:00:00Z') }),
  fc.integer({ min: at('2026-10-02T00:00:00Z'), max: at('2026-11-03T00:00:00Z') }),
  fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-12-31T00:00:00Z') }),
)

describe('the next change of a window', () => {
  it('is the first: the window is as it was just before, and otherwise from then on', () => {
    fc.assert(
      fc.property(windows, times, (text, now) => {
        const look = lookAtWindows([text], now)
        const change = look.isOpen ? look.closesAt : look.opensAt
        expect(change).toBeGreaterThan(now)
        expect(lookAtWindows([text], change).isOpen).toBe(!look.isOpen)
        expect(lookAtWindows([text], change - 1).isOpen).toBe(look.isOpen)
        const between = now + Math.floor((change - now) / 2)
        expect(lookAtWindows([text], between)).toEqual(look)
      }),
      { numRuns: 60 },
    )
  })

  it('agrees with the clock on the wall, whatever is done to that clock', () => {
    fc.assert(
      fc.property(windows, times, (text, now) => {
        const minute = Math.floor(now / MINUTE) * MINUTE
        const [day = '', hours = '', zone = ''] = text.split(' ')
        const [start = '', end = ''] = hours.split('-')
        const wall = (options: Intl.DateTimeFormatOptions) =>
          new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options }).format(minute)
        const time = wall({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
        const today = wall({ weekday: 'short' })
        const yesterday = DAYS[(DAYS.indexOf(today) + 6) % 7]
        const isDay = (name = '') => day === 'daily' || day === name
        const expected =
          start < end
            ? isDay(today) && time >= start && time < end
            : (isDay(today) && time >= start) || (isDay(yesterday) && time < end)
        expect(lookAtWindows([text], minute).isOpen).toBe(expected)
      }),
      { numRuns: 60 },
    )
  })
})
