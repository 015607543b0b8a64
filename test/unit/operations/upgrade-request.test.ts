import { describe, expect, it } from 'vitest'
import { workersAtOnce } from '../../../src/operations/upgrade-request.js'

describe('how many workers an upgrade takes at once', () => {
  it.each([
    ['one, unless told otherwise', undefined, 50, 1],
    ['as many as it is told', '3', 50, 3],
    ['a part of all workers, rounded down', '20%', 14, 2],
    ['at least one, however small the part', '1%', 5, 1],
    ['all', '100%', 7, 7],
  ])('is %s', (_, maxUnavailable, workers, expected) => {
    expect(workersAtOnce(maxUnavailable === undefined ? {} : { maxUnavailable }, workers)).toBe(expected)
  })
})
