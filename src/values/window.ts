/**
 * Maintenance windows such as `Sat 01:00-05:00 Europe/Berlin`: times of the week, by the clock on the wall of a zone. A
 * window is open while that clock says so. Where clocks are put back an hour, it may be open for longer; where they are put
 * forward over all of it, it does not open on that day.
 */

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const DAY_MINUTES = 24 * 60
const MINUTE_MS = 60_000

/** Clocks everywhere change at whole quarters of an hour. */
const QUARTER_MS = 15 * MINUTE_MS

/** A weekly window that falls into a gap of its zone's clock opens a week later. */
const LONGEST_MS = 15 * DAY_MINUTES * MINUTE_MS

/** A window of the week. */
interface Window {
  /** As it was given. */
  readonly text: string
  /** The days on which it opens: 0 is Sunday. */
  readonly days: readonly number[]
  /** Minutes since midnight. An end that is not after the start is on the next day. */
  readonly start: number
  readonly end: number
  /** IANA name. */
  readonly zone: string
}

/** Whether windows are open, and until or from when; times in milliseconds since the epoch. */
export type WindowLook =
  | { readonly isOpen: true; readonly closesAt: number }
  /** `opens`: the time for people, e.g. `Sat 2026-11-28 01:00 Europe/Berlin`. */
  | { readonly isOpen: false; readonly opensAt: number; readonly opens: string }

/**
 * Reads `DAYS START-END [ZONE]`. Days are `daily`, or names and ranges of names: `Sat`, `Mon-Fri`, `Mon,Wed`. The zone is
 * UTC unless given.
 * @throws RangeError that says what is wrong.
 */
export function parseWindow(text: string): Window {
  const [days = '', times = '', zone = 'UTC', ...rest] = text.trim().split(/\s+/)
  const [, from = '', to = ''] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(times) ?? []
  const [start, end] = [minutesOf(from), minutesOf(to)]
  if (start === undefined || end === undefined || rest.length > 0 || start === end) {
    throw new RangeError(`not a window: ${text}`)
  }
  if (!isZone(zone)) throw new RangeError(`no time zone is called ${zone}`)
  return { text, days: parseDays(days), start, end, zone }
}

/**
 * Looks at windows together: one of them is enough.
 * @param now milliseconds since the epoch.
 * @throws RangeError for a text that is no window, or if none opens within two weeks.
 */
export function lookAtWindows(texts: readonly string[], now: number): WindowLook {
  const windows = texts.map(parseWindow)
  const isOpenAt = (at: number) => windows.some((one) => isOpen(one, at))
  const wasOpen = isOpenAt(now)
  const at = firstMinute(now, windows, (open) => open !== wasOpen)
  if (wasOpen) return { isOpen: true, closesAt: at ?? now + LONGEST_MS }
  const opening = at === undefined ? undefined : windows.find((one) => isOpen(one, at))
  if (at === undefined || opening === undefined) throw new RangeError(`no window opens: ${texts.join(', ')}`)
  return { isOpen: false, opensAt: at, opens: describe(at, opening.zone) }
}

/** The first whole minute after `now` of which `isMeant` holds. */
function firstMinute(
  now: number,
  windows: readonly Window[],
  isMeant: (isOpen: boolean) => boolean,
): number | undefined {
  let at = Math.floor(now / MINUTE_MS) * MINUTE_MS + MINUTE_MS
  while (at <= now + LONGEST_MS) {
    const clocks = windows.map((window) => ({ window, clock: clockAt(window.zone, at) }))
    const end = Math.floor(at / QUARTER_MS) * QUARTER_MS + QUARTER_MS
    for (let passed = 0; at < end; at += MINUTE_MS, passed += 1) {
      const isOpenNow = clocks.some(({ window, clock }) =>
        covers(window, { ...clock, minute: clock.minute + passed }),
      )
      if (isMeant(isOpenNow)) return at
    }
  }
  return undefined
}

function isOpen(window: Window, at: number): boolean {
  return covers(window, clockAt(window.zone, at))
}

/** What a clock on the wall shows. */
interface Clock {
  /** 0 is Sunday. */
  readonly day: number
  /** Since midnight. */
  readonly minute: number
}

function covers({ days, start, end }: Window, { day, minute }: Clock): boolean {
  if (start < end) return days.includes(day) && minute >= start && minute < end
  const yesterday = (day + 6) % 7
  return (days.includes(day) && minute >= start) || (days.includes(yesterday) && minute < end)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function partsAt(zone: string, at: number): (type: Intl.DateTimeFormatPartTypes) => string {
  const format = formats.get(zone) ?? formatOf(zone)
  formats.set(zone, format)
  const parts = format.formatToParts(at)
  return (type) => parts.find((part) => part.type === type)?.value ?? ''
}

function formatOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
}

function clockAt(zone: string, at: number): Clock {
  const part = partsAt(zone, at)
  const day = DAYS.findIndex((name) => name === part('weekday'))
  return { day, minute: Number(part('hour')) * 60 + Number(part('minute')) }
}

function describe(at: number, zone: string): string {
  const part = partsAt(zone, at)
  const date = `${part('year')}-${part('month')}-${part('day')}`
  return `${part('weekday')} ${date} ${part('hour')}:${part('minute')} ${zone}`
}

function parseDays(text: string): readonly number[] {
  if (text.toLowerCase() === 'daily') return DAYS.map((_, day) => day)
  return [...new Set(text.split(',').flatMap(parseRange))]
}

function parseRange(text: string): readonly number[] {
  const [first = '', last = first, ...rest] = text.split('-')
  const [from, to] = [dayOf(first), dayOf(last)]
  if (from < 0 || to < 0 || rest.length > 0) throw new RangeError(`not a day of the week: ${text}`)
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => (from + index) % 7)
}

function dayOf(name: string): number {
  return DAYS.findIndex((day) => day.toLowerCase() === name.toLowerCase())
}

function minutesOf(time: string): number | undefined {
  const [hours, minutes] = time.split(':').map(Number)
  if (hours === undefined || minutes === undefined || Number.isNaN(hours)) return undefined
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : undefined
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
