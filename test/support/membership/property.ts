/** Schedules without number, each from a tape; one that breaks is told as a story. */
import fc from 'fast-check'
import type { Decisions } from './decisions.js'
import { runSchedule } from './schedule.js'

const TAPE = fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 80, size: 'max' })

/** Which schedules to run. */
export interface Choice {
  readonly schedules: number
  readonly seed?: number
  /** Where in the tree of schedules to begin, as a failure prints it. */
  readonly path?: string
  readonly decisions?: Decisions
  /** Whether to look for the shortest schedule that breaks; without, it ends at the first one. */
  readonly isShortened?: boolean
}

/**
 * Runs schedules until one breaks.
 * @returns undefined when all hold; otherwise how to run the broken one again, and its story, one event a line.
 */
export function brokenSchedule(choice: Choice): string | undefined {
  const { schedules, seed, path, decisions, isShortened = true } = choice
  const more = decisions === undefined ? {} : { decisions }
  const holds = fc.property(TAPE, (tape) => runSchedule(tape, more).broken === undefined)
  const ran = fc.check(holds, {
    numRuns: schedules,
    endOnFailure: !isShortened,
    ...(seed === undefined ? {} : { seed }),
    ...(path === undefined ? {} : { path }),
  })
  if (!ran.failed) return undefined
  if (ran.counterexample === null) throw new Error(`the model itself fails: ${String(ran.errorInstance)}`)
  const { broken, story } = runSchedule(ran.counterexample[0], { ...more, isTold: true })
  if (broken === undefined) throw ran.errorInstance
  const again = `QUORATE_SCHEDULE_SEED=${ran.seed} QUORATE_SCHEDULE_PATH=${ran.counterexamplePath ?? ''}`
  return [`${broken}`, `again: ${again} npx vitest run --project unit test/unit/membership`, ...story].join(
    '\n',
  )
}
