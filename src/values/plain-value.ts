/** Makes every text in data from others safe for a terminal. */
import { isPlainObject } from './merge.js'
import { plainText } from './plain-text.js'

/**
 * The same data, including lists and objects, with each text as {@link plainText} returns it. Field names are
 * unchanged.
 */
export function plainValue<Value>(value: Value): Value {
  return plainData(value) as Value
}

function plainData(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value)
  if (Array.isArray(value)) return value.map(plainData)
  if (!isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plainData(child)]))
}
