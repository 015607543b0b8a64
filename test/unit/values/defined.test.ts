import { describe, expect, expectTypeOf, it } from 'vitest'
import { defined } from '../../../src/values/defined.js'

const absent = undefined as string | undefined

describe('fields that have a value', () => {
  it('keeps those with a value, in their order', () => {
    const fields = defined({ first: 'a', second: absent, third: 'c' })

    expect(Object.entries(fields)).toEqual([
      ['first', 'a'],
      ['third', 'c'],
    ])
  })

  it.each([null, false, 0, ''])('keeps %j, which is a value', (value) => {
    expect(defined({ value })).toEqual({ value })
  })

  it('leaves out a field, rather than keeping it undefined, so that the field beneath a spread shows through', () => {
    expect({ hint: 'general', ...defined({ hint: absent }) }).toEqual({ hint: 'general' })
  })

  it('makes only those fields optional that may be undefined', () => {
    const fields = defined({ name: 'cp1', hint: absent })

    expectTypeOf(fields.name).toEqualTypeOf<string>()
    expectTypeOf(fields).toExtend<{ name: string; hint?: string }>()
  })
})
