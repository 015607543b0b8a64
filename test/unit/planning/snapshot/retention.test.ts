import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSnapshotName, snapshotName } from '../../../../src/operations/snapshot-record.js'
import { outdated } from '../../../../src/planning/snapshot/retention.js'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-27T12:00:00Z')
const daysOld = (days: number, tag = `op-${days}`) =>
  snapshotName({ cluster: 'prod', takenAt: NOW - days * DAY, revision: 1000 - days, tag })

describe('retention', () => {
  it('keeps so many, the newest', () => {
    const names = [0, 1, 2, 3].map((days) => daysOld(days))
    const gone = outdated(names, { cluster: 'prod', keep: { count: 2 }, verified: daysOld(0), now: NOW })
    expect(gone).toEqual([daysOld(2), daysOld(3)])
  })

  it('keeps none that is too old, even if they are few', () => {
    const names = [0, 5, 8].map((days) => daysOld(days))
    const keep = { count: 7, days: 7 }
    expect(outdated(names, { cluster: 'prod', keep, verified: daysOld(0), now: NOW })).toEqual([daysOld(8)])
  })

  it('keeps the newest verified one, however old it is', () => {
    const keep = { count: 1, days: 1 }
    expect(outdated([daysOld(90)], { cluster: 'prod', keep, verified: daysOld(90), now: NOW })).toEqual([])
  })

  it('keeps everything in a place that lacks the verified one', () => {
    const names = [1, 2, 3].map((days) => daysOld(days))
    expect(outdated(names, { cluster: 'prod', keep: { count: 1 }, verified: daysOld(0), now: NOW })).toEqual(
      [],
    )
  })

  const own = fc
    .tuple(fc.integer({ min: -2, max: 400 }), fc.stringMatching(/^[a-z0-9]{1,8}$/))
    .map(([days, tag]) => daysOld(days, tag))
  const foreign = fc.oneof(
    fc.string(),
    own.map((name) => `my-${name}`),
    own.map((name) => `${name}.part`),
  )
  const places = fc.record({
    names: fc.array(fc.oneof(own, foreign), { maxLength: 30 }),
    verified: own,
    count: fc.integer({ min: 1, max: 10 }),
    days: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
  })

  it('never takes the verified one, nor what is not a snapshot of the cluster, nor too many', () => {
    fc.assert(
      fc.property(places, ({ names, verified, count, days }) => {
        const all = [...names, verified]
        const keep = { count, ...(days === undefined ? {} : { days }) }
        const gone = outdated(all, { cluster: 'prod', keep, verified, now: NOW })
        expect(gone).not.toContain(verified)
        for (const name of gone) expect(parseSnapshotName(name, 'prod')).toBeDefined()
        const left = [...new Set(all)].filter((name) => {
          return parseSnapshotName(name, 'prod') !== undefined && !gone.includes(name)
        })
        expect(left.length).toBeLessThanOrEqual(count)
        // What goes is never younger than what stays.
        const time = (name: string) => parseSnapshotName(name, 'prod')?.takenAt ?? 0
        const oldest = Math.min(...left.filter((name) => name !== verified).map(time))
        for (const name of gone) expect(time(name)).toBeLessThanOrEqual(oldest)
      }),
    )
  })
})
