import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/values/sha256.js'

const expected = (text: string) => createHash('sha256').update(text).digest('hex')

describe('SHA-256', () => {
  it('is correct for the empty text', () => {
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  it('matches Node for any text, at every length around the block size', () => {
    for (let length = 0; length < 200; length += 1) {
      const text = 'ä'.repeat(length)
      expect(sha256(text)).toBe(expected(text))
    }
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => sha256(text) === expected(text)))
  })
})
