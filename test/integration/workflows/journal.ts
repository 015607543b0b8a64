/** Reading journals: what hosts were asked for, in which order. */
import { expect } from 'vitest'

type Journal = readonly string[]

/** Everything but locks, which come first and go last. */
const STEPS = /^(?!lock |release )/

/** The steps that began, in order, without the names of the hosts through which they are done. */
export const begun = (journal: Journal, which = STEPS) => stepsThat('begins', journal, which)

/** The steps that ended, in order; see {@link begun}. */
export const ended = (journal: Journal, which = STEPS) => stepsThat('ends', journal, which)

function stepsThat(did: 'begins' | 'ends', journal: Journal, which: RegExp): readonly string[] {
  return journal
    .filter((entry) => entry.endsWith(` ${did}`))
    .map((entry) => entry.slice(0, -did.length - 1).replace(/ via \w+$/, ''))
    .filter((step) => which.test(step))
}

/** What a verb was begun on, in order: `w1` for `reset w1`. */
export function begunOn(journal: Journal, verb: string): readonly string[] {
  return begun(journal, new RegExp(`^${verb} `)).map((step) => step.slice(verb.length + 1))
}

/** Every step that starts with one of these words has ended before any of the next words begins. */
export function expectOrder(journal: Journal, ...words: readonly string[]): void {
  for (const [index, then] of words.slice(1).entries()) {
    const first = words[index] ?? ''
    const end = journal.findLastIndex((entry) => entry.startsWith(`${first} `) && entry.endsWith(' ends'))
    expect(end, `${first} ends`).toBeGreaterThanOrEqual(0)
    expect(beginning(journal, then), `${first} → ${then}`).toBeGreaterThan(end)
  }
}

/** Each of the two steps begins before the other ends. */
export function expectOverlap(journal: Journal, one: string, other: string): void {
  for (const [begins, ends] of [
    [one, other],
    [other, one],
  ] as const) {
    expect(journal).toContain(`${begins} begins`)
    expect(beginning(journal, begins), `${one} with ${other}`).toBeLessThan(journal.indexOf(`${ends} ends`))
  }
}

function beginning(journal: Journal, words: string): number {
  return journal.findIndex((entry) => entry.startsWith(`${words} `) && entry.endsWith(' begins'))
}
