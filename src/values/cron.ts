/** Times of day and week in the five fields of cron: minute, hour, day of the month, month, day of the week. */

/** What each field matches, in ascending order. Days of the week count from 0, Sunday. */
export interface CronTimes {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly daysOfMonth: readonly number[]
  readonly months: readonly number[]
  readonly daysOfWeek: readonly number[]
}

interface Field {
  readonly first: number
  readonly last: number
  readonly names?: readonly string[]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const MINUTE: Field = { first: 0, last: 59 }
const HOUR: Field = { first: 0, last: 23 }
const DAY_OF_MONTH: Field = { first: 1, last: 31 }
const MONTH: Field = { first: 1, last: 12, names: MONTHS }
/** Sunday is 0 and 7. */
const DAY_OF_WEEK: Field = { first: 0, last: 7, names: DAYS }

/**
 * Reads a cron expression. It knows numbers, the English names of months and days in three letters, `*`, lists, ranges
 * and steps; none of the extensions (`L`, `W`, `#`, `@daily`, seconds), which programs understand in different ways.
 * @returns undefined for anything else, and for a day that no month has, such as 31 February.
 */
export function parseCron(text: string): CronTimes | undefined {
  const fields = text.trim().split(/\s+/)
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields
  if (fields.length !== 5) return undefined
  const minutes = valuesOf(minute, MINUTE)
  const hours = valuesOf(hour, HOUR)
  const daysOfMonth = valuesOf(dayOfMonth, DAY_OF_MONTH)
  const months = valuesOf(month, MONTH)
  const weekdays = valuesOf(dayOfWeek, DAY_OF_WEEK)
  if (!minutes || !hours || !daysOfMonth || !months || !weekdays) return undefined
  if (!months.some((one) => (daysOfMonth[0] ?? 0) <= longest(one))) return undefined
  const daysOfWeek = ascending(weekdays.map((day) => day % 7))
  return { minutes, hours, daysOfMonth, months, daysOfWeek }
}

/**
 * Whether it restricts both the day of the month and the day of the week. cron means either of them, Temporal and
 * others mean both.
 */
export function restrictsBothDays({ daysOfMonth, daysOfWeek }: CronTimes): boolean {
  return daysOfMonth.length < DAY_OF_MONTH.last && daysOfWeek.length < DAYS.length
}

function valuesOf(text: string | undefined, field: Field): readonly number[] | undefined {
  const parts = (text ?? '').split(',').map((part) => valuesOfPart(part, field))
  const known = parts.flatMap((part) => part ?? [])
  return parts.includes(undefined) || known.length === 0 ? undefined : ascending(known)
}

/** `*`, `5`, `1-5`; each may have a step after a slash. A single value with a step goes on to the last one. */
function valuesOfPart(part: string, field: Field): readonly number[] | undefined {
  const [, from = '', to, stepText] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,2}))?$/.exec(part) ?? []
  if (from === '*' && to !== undefined) return undefined
  const start = from === '*' ? field.first : numberOf(from, field)
  const end = endOf(from, to, stepText, field)
  const step = stepText === undefined ? 1 : Number(stepText)
  if (start === undefined || end === undefined || end < start || step === 0) return undefined
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step)
}

function endOf(
  from: string,
  to: string | undefined,
  step: string | undefined,
  field: Field,
): number | undefined {
  if (to !== undefined) return numberOf(to, field)
  // The 7 is only another name of the 0.
  if (from === '*' || step !== undefined) return field === DAY_OF_WEEK ? 6 : field.last
  return numberOf(from, field)
}

function numberOf(text: string, { first, last, names = [] }: Field): number | undefined {
  const named = names.indexOf(text.toLowerCase())
  if (named >= 0) return named + first
  const value = /^\d{1,2}$/.test(text) ? Number(text) : NaN
  return value >= first && value <= last ? value : undefined
}

/** Days of the month when it has the most. */
function longest(month: number): number {
  if (month === 2) return 29
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function ascending(values: readonly number[]): readonly number[] {
  return [...new Set(values)].toSorted((a, b) => a - b)
}
