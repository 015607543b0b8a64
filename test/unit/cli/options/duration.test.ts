import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../../../src/cli/options/duration.js'

describe('a duration on the command line', () => {
  it.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['0s', 0],
  ])('%s', (given, expected) => {
    expect(parseDuration(given)).toBe(expected)
  })

  it.each(['', '-1m', '10', '1.5h', '1e3s', '169h', '5 m'])('refuses %j', (given) => {
    expect(() => parseDuration(given)).toThrow('Give a duration')
  })
})
