import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeDeep } from '../../../src/values/merge.js'

describe('merging a patch into a document', () => {
  it('merges objects, replaces lists and scalars, and removes what is null', () => {
    const base = { a: { kept: 1, changed: 2 }, list: [1, 2], gone: { x: 1 } }
    const patch = { a: { changed: 3, added: 4 }, list: [3], gone: null }
    expect(mergeDeep(base, patch)).toEqual({ a: { kept: 1, changed: 3, added: 4 }, list: [3] })
  })

  it('keeps the order of existing keys', () => {
    expect(Object.keys(mergeDeep({ first: 1, second: 2 }, { third: 3, second: 4 }))).toEqual([
      'first',
      'second',
      'third',
    ])
  })

  it('replaces a scalar with an object and removes nulls within it', () => {
    expect(mergeDeep({ a: 1 }, { a: { b: null, c: 2 } })).toEqual({ a: { c: 2 } })
  })

  it('treats a key named __proto__ as data', () => {
    const patch = JSON.parse('{ "__proto__": { "polluted": true } }') as Record<string, unknown>
    const merged = mergeDeep({ a: { b: 1 } }, patch)
    expect(Object.keys(merged)).toEqual(['a', '__proto__'])
    expect('polluted' in {}).toBe(false)
  })

  it('changes nothing the second time', () => {
    const anything = fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 3 }))
    fc.assert(
      fc.property(anything, anything, (base, patch) => {
        const once = mergeDeep(base, patch)
        expect(mergeDeep(once, patch)).toEqual(once)
      }),
    )
  })
})
