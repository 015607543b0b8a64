import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../../src/values/go-duration.js'

describe('a duration in the notation of Go', () => {
  it.each([
    ['8760h0m0s', 31_536_000_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['0s', 0],
    ['-1m', -60_000],
  ])('is read: %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', '0', '10', '5 m', '1d', 'h', '10Mi', '1m0'])('is not taken from "%s"', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })
})
