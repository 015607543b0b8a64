import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from '../../../src/cluster-file/nearest.js'

const word = fc.stringMatching(/^[a-z]{0,8}$/)

describe('the nearest known name', () => {
  const fields = ['name', 'role', 'address', 'internalAddress', 'ssh', 'labels', 'taints']

  it.each([
    ['adress', 'address'],
    ['Address', 'address'],
    ['nmae', 'name'],
    ['lables', 'labels'],
    ['taint', 'taints'],
    ['internal-address', 'internalAddress'],
  ])('for %s is %s', (text, meant) => {
    expect(nearest(text, fields)).toBe(meant)
  })

  it.each(['hostname', 'x', 'proxyJump', ''])('for %j is none, since nothing is close', (text) => {
    expect(nearest(text, ['name', 'role', 'address'])).toBeUndefined()
  })
})

describe('the distance of two words', () => {
  it('is zero only if they are equal', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b) === 0).toBe(a === b)
      }),
    )
  })

  it('is the same in both directions', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a))
      }),
    )
  })

  it('is between the difference of the lengths and the longer length', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b)
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length))
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })

  it('is one for a letter added, removed or replaced, or two neighbours swapped', () => {
    expect(['nam', 'namee', 'nome', 'anme'].map((text) => editDistance(text, 'name'))).toEqual([1, 1, 1, 1])
  })
})
